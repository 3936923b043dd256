import { fail, succeed, type Problem, type Result } from './problem.ts'

/**
 * Turns the bytes of a text file into text. UTF-8 with or without a byte order mark; failing that Windows-1252, which older NHS
 * systems and spreadsheets write, with a warning. UTF-16 and binary files are refused, saying what to do.
 * Rules: `encoding.utf-16`, `encoding.binary`, `encoding.windows-1252`.
 */
export function decodeText(bytes: Uint8Array): Result<string> {
  if (startsWith(bytes, [0xff, 0xfe]) || startsWith(bytes, [0xfe, 0xff])) {
    return fail(problem('encoding.utf-16', 'error', 'This file is in UTF-16 ("Unicode text"). Save it as "CSV UTF-8" and try again.'))
  }
  if (startsWith(bytes, [0x50, 0x4b, 0x03, 0x04])) {
    return fail(
      problem('encoding.binary', 'error', 'This is a spreadsheet or a zip file. Save the sheet as "CSV UTF-8", or unpack the file, and try again.'),
    )
  }
  const nul = bytes.indexOf(0)
  if (nul !== -1) {
    const line = bytes.subarray(0, nul).reduce((count, byte) => (byte === LINE_FEED ? count + 1 : count), 1)
    return fail(
      problem(
        'encoding.binary',
        'error',
        `Line ${line} holds a NUL byte, so this is not a text file, or it is damaged. Fetch it again as CSV in UTF-8.`,
        line,
      ),
    )
  }
  try {
    return succeed(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    const note = 'The file is not in UTF-8. It was read as Windows-1252: check that names with accents came out right, or save it as "CSV UTF-8".'
    return succeed(new TextDecoder('windows-1252').decode(bytes), [problem('encoding.windows-1252', 'warning', note)])
  }
}

const LINE_FEED = 0x0a

function startsWith(bytes: Uint8Array, signature: readonly number[]): boolean {
  return signature.every((byte, at) => bytes[at] === byte)
}

function problem(rule: string, severity: Problem['severity'], message: string, line?: number): Problem {
  return { rule, pointer: line === undefined ? '' : `line ${line}`, severity, message }
}
