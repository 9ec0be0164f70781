import type { AmountKind, Event } from '#contracts';
import { formatAmount } from '../format/format.js';
import { formatAge, formatRecent } from '../format/time.js';

export interface RecentEventsProps {
  readonly events: readonly Event[];
  readonly zone: string;
  readonly now: number;
  readonly amountKind: AmountKind;
  readonly showType: boolean;
}

export function RecentEvents({ events, zone, now, amountKind, showType }: RecentEventsProps) {
  if (events.length === 0) return <p className="muted">No event has been reported in this cell.</p>;
  return (
    <ul className="events">
      {events.map((event) => (
        <li key={event.event_id}>
          <time dateTime={event.timestamp} title={event.timestamp}>
            {formatRecent(event.timestamp, zone, now)}
          </time>
          <span className="muted">{formatAge(now - Date.parse(event.timestamp))}</span>
          <span className="events__what">
            {[showType ? event.event_type : null, amountText(event.amount, amountKind), event.entity_id]
              .filter((part) => part !== null)
              .join(' · ')}
          </span>
        </li>
      ))}
    </ul>
  );
}

function amountText(amount: number | null, kind: AmountKind): string | null {
  if (amount === null || kind === 'none') return null;
  return kind === 'magnitude' ? `M ${amount.toFixed(1)}` : formatAmount(amount);
}
