import { refresh as refreshSurface, type RefreshInput, type RefreshOutput } from './refresh.js';

/** Runs in a thread: what piscina calls by name. */
export function refresh(input: RefreshInput): RefreshOutput {
  return refreshSurface(input);
}
