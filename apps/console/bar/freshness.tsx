import type { RiskMap } from '#contracts';

import { formatAge, formatRecent, zoneName } from '../format/time.js';
import { isStale } from '../surface/surface.js';

/** When the surface was made, what it has seen, and by which model; amber once it is old. */
export function Freshness({ surface, zone, now }: { surface: RiskMap; zone: string; now: number }) {
  const stale = isStale(surface, now);
  const issued = Date.parse(surface.issued_at);
  return (
    <p className={`freshness${stale ? ' freshness--stale' : ''}`} data-testid="freshness" data-stale={stale}>
      <span className="freshness__light" aria-hidden="true" />
      <span>
        issued <time dateTime={surface.issued_at}>{formatRecent(issued, zone, now)}</time>{' '}
        <span title={zone}>{zoneName(zone, now)}</span>
        {stale && ` (${formatAge(now - issued)})`}
      </span>
      <span>
        data until <time dateTime={surface.data_until}>{formatRecent(surface.data_until, zone, now)}</time>
      </span>
      <span>
        model <span className="freshness__model">{surface.model_version}</span>
      </span>
    </p>
  );
}
