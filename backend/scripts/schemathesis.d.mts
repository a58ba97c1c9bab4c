export type Schemathesis =
  | { python: string; folder: string; missing?: undefined }
  | { missing: string; python?: undefined; folder?: undefined }

export function getSchemathesis(): Schemathesis
