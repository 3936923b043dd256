export function keepFiguresLive(page) {}
