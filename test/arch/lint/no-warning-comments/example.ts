// TODO later
export const one = 1
