import type { CsafVersion } from './model.ts'

const ADDRESSES = 'It would ask the addresses in the document, and nothing is fetched because a document names it'
const SPELLING = 'There is no spelling checker here'
const REGISTER = 'It asks for the register of extensions, which is not here'
const LATER = 'It came with a later draft of CSAF 2.1 than the one whose test documents are followed here'

/**
 * Rules of the standard that are not tried, whatever the document holds, each with why: a validator asks no address that a stranger's document names, and has no
 * dictionary. Every verdict names those of its level, so that none is partial without saying so.
 */
export const NOT_CHECKED: Readonly<Record<CsafVersion, ReadonlyMap<string, string>>> = {
  '2.0': new Map([
    ['6.3.6', ADDRESSES],
    ['6.3.7', ADDRESSES],
    ['6.3.8', SPELLING],
  ]),
  '2.1': new Map([
    ['6.1.27.20', LATER],
    ['6.1.62', LATER],
    ['6.2.39.6', LATER],
    ['6.2.39.7', LATER],
    ['6.2.39.8', LATER],
    ['6.2.39.9', LATER],
    ['6.2.39.10', LATER],
    ['6.2.39.11', LATER],
    ['6.2.39.12', LATER],
    ['6.2.39.13', LATER],
    ['6.2.42', 'What a CPE or a package URL says is not compared with the branches here'],
    ['6.2.45', 'It asks for the list of SPDX licenses, which is not here'],
    ['6.2.54.1', REGISTER],
    ['6.2.54.2', REGISTER],
    ['6.2.54.4', REGISTER],
    ['6.2.55', LATER],
    ['6.3.6', ADDRESSES],
    ['6.3.7', ADDRESSES],
    ['6.3.8', SPELLING],
    ['6.3.16', 'There is no grammar checker here'],
    ['6.3.20', 'It asks for the register of id systems, which is not here'],
    ['6.3.21.2', REGISTER],
    ['6.3.23.1', LATER],
    ['6.3.23.2', LATER],
    ['6.3.24', LATER],
  ]),
}
