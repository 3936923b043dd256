/** Ends an exhaustive `switch`: adding a case to a union then fails to compile where the case is not handled. */
export function assertNever(value: never): never {
  throw new Error(`Unhandled case: ${JSON.stringify(value)}`)
}
