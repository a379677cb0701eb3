export const LOOPBACK: ReadonlySet<string> = new Set(['127.0.0.1', 'localhost', '[::1]'])

export const isLoopback = (address: string): boolean => LOOPBACK.has(new URL(address).hostname)
