/** The library brings no types: what is used of each file is asserted where it is loaded. */
declare module '@secvisogram/csaf-validator-lib/*' {
  const exported: unknown
  export default exported
}
