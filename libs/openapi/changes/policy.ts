import type { OpenApiDocument } from '../document/parts.js';
import { breakingChanges } from './breaking.js';

/**
 * What stands against a document that follows another: breaking changes, unless its major version is a higher one and
 * the changelog has an entry for it (a heading `## 2.0.0`).
 */
export function objections(before: OpenApiDocument, after: OpenApiDocument, changelog: string): string[] {
  const broken = breakingChanges(before, after);
  if (broken.length === 0) return [];
  const [was, is] = [before.info.version, after.info.version];
  if (majorOf(is) <= majorOf(was))
    return [
      ...broken,
      `API_VERSION must rise from ${was} to ${majorOf(was) + 1}.0.0 for this (libs/openapi/document/about.ts)`,
    ];
  if (!changelog.split('\n').some((line) => line.startsWith(`## ${is}`)))
    return [...broken, `docs/CHANGELOG-API.md has no entry "## ${is}" that says what clients must do`];
  return [];
}

const majorOf = (version: string) => Number(version.split('.', 1)[0]);

/** The document as it is committed. */
export const written = (document: OpenApiDocument) => `${JSON.stringify(document, null, 2)}\n`;
