import { ALL_EVENT_TYPES, type EventTypeSummary } from '#contracts';

/** What the chooser offers: every type by how many events it has, and all together where there are several. */
export function choicesOf(types: readonly EventTypeSummary[]): string[] {
  const single = types
    .filter((type) => type.event_type !== ALL_EVENT_TYPES)
    .toSorted((a, b) => b.events - a.events || (a.event_type < b.event_type ? -1 : 1))
    .map((type) => type.event_type);
  return single.length > 1 ? [...single, ALL_EVENT_TYPES] : single;
}

/**
 * The type to show where the link names none: the first with a surface, asked in the order of the choices, or the
 * first at all, whose empty map then says how to train it. Null where there are no events.
 */
export async function firstReady(
  choices: readonly string[],
  isReady: (eventType: string) => Promise<boolean>,
): Promise<string | null> {
  if (choices.length === 1) return choices[0] as string;
  for (const choice of choices) if (await isReady(choice)) return choice;
  return choices[0] ?? null;
}
