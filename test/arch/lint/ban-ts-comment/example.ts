// @ts-ignore
export const one: number = 'one'
