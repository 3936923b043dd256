export function offerPasskeys(page) {}
