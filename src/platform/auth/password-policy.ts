export const SHORTEST_PASSWORD = 12
export const LONGEST_PASSWORD = 128

/** Words that most bad passwords are built from, with what people make of them at a health organisation. Lower case, no digits. */
const COMMON_WORDS = [
  'password',
  'passwort',
  'passphrase',
  'passcode',
  'letmein',
  'welcome',
  'default',
  'changeme',
  'change',
  'please',
  'secret',
  'login',
  'logon',
  'admin',
  'administrator',
  'root',
  'user',
  'guest',
  'test',
  'demo',
  'qwertyuiop',
  'qwerty',
  'asdfghjkl',
  'asdf',
  'zxcvbnm',
  'zxcv',
  'azerty',
  'iloveyou',
  'football',
  'baseball',
  'liverpool',
  'chelsea',
  'arsenal',
  'manchester',
  'united',
  'rangers',
  'celtic',
  'princess',
  'sunshine',
  'monkey',
  'dragon',
  'master',
  'superman',
  'batman',
  'starwars',
  'pokemon',
  'computer',
  'internet',
  'trustno',
  'whatever',
  'nothing',
  'hello',
  'monday',
  'tuesday',
  'wednesday',
  'thursday',
  'friday',
  'saturday',
  'sunday',
  'january',
  'february',
  'march',
  'april',
  'may',
  'june',
  'july',
  'august',
  'september',
  'october',
  'november',
  'december',
  'spring',
  'summer',
  'autumn',
  'winter',
  'christmas',
  'london',
  'england',
  'carecert',
  'cyber',
  'security',
  'hospital',
  'health',
  'healthcare',
  'surgery',
  'doctor',
  'nurse',
  'nhs',
  'trust',
  'centre',
  'care',
  'the',
  'and',
  'my',
  'is',
].toSorted((a, b) => b.length - a.length)

const LOOK_ALIKES: Readonly<Record<string, string>> = { '0': 'o', '1': 'l', '3': 'e', '4': 'a', '5': 's', '7': 't', '@': 'a', $: 's', '!': 'i' }

/** How much must be left of a password once the words that anyone would try, and digits and signs around them, are taken out. */
const FEWEST_OF_ONES_OWN = 5

/**
 * What is wrong with a new password, as a sentence that says what to do, or `null`. Length and being hard to guess are
 * all that counts: no rules about kinds of characters (NIST SP 800-63B §3.1.1.2, OWASP ASVS 5 chapter 6.2).
 *
 * `about` are words that a guesser would start with: the person's name and address, the organisation.
 */
export function passwordFault(password: string, about: readonly string[] = []): string | null {
  const length = [...password.normalize('NFKC')].length
  if (length < SHORTEST_PASSWORD) return `Enter a password of ${SHORTEST_PASSWORD} characters or more. Four random words make a good one.`
  if (length > LONGEST_PASSWORD) return `Enter a password of ${LONGEST_PASSWORD} characters or fewer.`
  if (isRepeated(password.toLowerCase()) || isEasilyGuessed(password, about))
    return 'That password is easy to guess. Choose another: four random words make a good one.'
  return null
}

/** "abcabcabcabc": one short part over and over, or fewer than five different characters. */
function isRepeated(text: string): boolean {
  if (new Set(text).size < 5) return true
  return Array.from({ length: Math.floor(text.length / 3) }, (_, at) => at + 1).some(size =>
    text
      .slice(0, size)
      .repeat(Math.ceil(text.length / size))
      .startsWith(text),
  )
}

function isEasilyGuessed(password: string, about: readonly string[]): boolean {
  const context = about.flatMap(words => words.toLowerCase().split(/[^\p{L}]+/u)).filter(word => word.length >= 3)
  const guessed = [...context.toSorted((a, b) => b.length - a.length), ...COMMON_WORDS]
  const plain = trimmed(password.normalize('NFKC').toLowerCase())
  return [plain, undisguised(plain)].some(text => ofOnesOwn(text, guessed) < FEWEST_OF_ONES_OWN)
}

function undisguised(text: string): string {
  return [...text].map(character => LOOK_ALIKES[character] ?? character).join('')
}

/** Without the digits and signs that are put before and after a word. */
function trimmed(text: string): string {
  return text.replace(/^[^\p{L}]+|[^\p{L}]+$/gu, '')
}

function ofOnesOwn(text: string, words: readonly string[]): number {
  const without = words.reduce((left, word) => left.replaceAll(word, ' '), text)
  const left = [...trimmed(without).replace(/\s/g, '')]
  return left.filter((_, at) => !continues(left, at)).length
}

/** A character that follows from the one before: the same again, or the next one up or down ("aaaa", "abcd"). */
function continues(all: readonly string[], at: number): boolean {
  const before = all[at - 1]?.codePointAt(0)
  const here = all[at]?.codePointAt(0)
  return before !== undefined && here !== undefined && Math.abs(here - before) <= 1
}
