import { SetMetadata } from '@nestjs/common';
import type { z } from 'zod';

/** A body by media type that a handler reads or writes itself, so that no validating schema stands beside it. */
export interface DocumentedBody {
  description: string;
  /** Left out for what is no JSON: text or bytes. */
  schema?: z.ZodType;
  example?: unknown;
  /** Of an answer that is no JSON. */
  mediaType?: string;
}

export interface DocumentedOptions {
  /** The group it stands in, where that is not its controller's name. */
  tag?: string;
  /** Headers of the good answer beyond those that follow from the route: `ETag` is on every GET. */
  headers?: readonly ('Location' | 'ETag')[];
  /** Media type → body, where the handler reads the request's stream itself. */
  body?: Readonly<Record<string, DocumentedBody>>;
  /** Status → answer, for answers that are neither the good one nor a problem. */
  answers?: Readonly<Record<number, DocumentedBody>>;
  /** Left out of the document: files of a page and the like. */
  hidden?: boolean;
}

export const DOCUMENTED = Symbol('documented');

/** What the OpenAPI document says of a route beyond `@Answers` and the schemas that validate. */
export const Documented = (options: DocumentedOptions) => SetMetadata(DOCUMENTED, options);
