import { AppError } from './app-error.js';

/**
 * The version in an `If-Match` header, as `"3"`; undefined where the header is missing or `*`.
 * @throws AppError VERSION_CONFLICT for a tag that no version has
 */
export function versionOf(header: string | undefined): number | undefined {
  if (header === undefined || header.trim() === '*') return undefined;
  const version = /^(?:W\/)?"?(\d{1,9})"?$/.exec(header.trim())?.[1];
  if (version === undefined) throw new AppError('VERSION_CONFLICT', 'If-Match must hold the ETag that was read');
  return Number(version);
}
