export function findTraefik(): string | undefined
export function getTraefik(): string | undefined
