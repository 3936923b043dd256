/** The reference validator of CSAF in JavaScript comes without types. */
declare module '@secvisogram/csaf-validator-lib/basic.js' {
  export const csaf_2_0_strict: unknown
}

declare module '@secvisogram/csaf-validator-lib/validateStrict.js' {
  /** Runs those tests on a parsed document, which it leaves as it is. */
  export default function validateStrict(tests: readonly unknown[], document: unknown): Promise<{ readonly isValid: boolean }>
}
