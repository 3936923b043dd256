export function keepDrafts(page) {}
