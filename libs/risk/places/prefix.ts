/** A pattern of SQL's LIKE for texts that begin with `prefix`, in lower case as the indexes of names are. */
export function prefixPattern(prefix: string): string {
  return `${prefix.toLowerCase().replaceAll(/[\\%_]/g, String.raw`\$&`)}%`;
}
