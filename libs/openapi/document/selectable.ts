import { z } from 'zod';
import type { Route } from './routes.js';

/** Whether `fields=` chooses among what the answer holds. */
export function isSelectable({ answers }: Route): boolean {
  return answers.schema instanceof z.ZodObject && answers.mediaType === undefined;
}

/** The outermost fields that `fields=` takes: for a page of a list, those of its items. */
export function fieldsOf(route: Route): string[] {
  const { schema } = route.answers;
  if (!isSelectable(route) || !(schema instanceof z.ZodObject)) return [];
  const { data, page } = schema.shape as Record<string, z.ZodType>;
  const chosen = page && data instanceof z.ZodArray ? data.element : schema;
  return chosen instanceof z.ZodObject ? Object.keys(chosen.shape) : [];
}
