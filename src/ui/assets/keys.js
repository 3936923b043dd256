export function listenToKeys(page) {}
