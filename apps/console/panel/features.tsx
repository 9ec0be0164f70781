import { type AmountKind, type CellFeatures, FEATURE_WINDOWS, type FeatureWindow } from '#contracts';
import { formatAmount, formatExpected, formatInteger, formatMultiple, formatProbability } from '../format/format.js';
import { hourOfWeekName } from '../format/time.js';

const WINDOW_NAMES: Readonly<Record<FeatureWindow, string>> = {
  '1h': '1 h',
  '24h': '24 h',
  '7d': '7 d',
  '28d': '28 d',
};

/** What happened here lately, beside the rings around it: per cell, so that a ring of twelve compares with one. */
export function Features({ features, amountKind }: { features: CellFeatures; amountKind: AmountKind }) {
  const { hour_of_week: hour } = features;
  const even = 1 / 168;
  const columns = [
    { name: 'Cell', cells: 1, counts: features.counts },
    ...features.rings.map((ring) => ({ name: `Ring ${ring.ring}`, cells: ring.cells, counts: ring.counts })),
  ];
  return (
    <>
      <p className="muted features__what">Events in the cell, and in the mean cell of the rings around it.</p>
      <table className="features">
        <thead>
          <tr>
            <th scope="col">Last</th>
            {columns.map(({ name }) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
            {amountKind === 'amount' && <th scope="col">Amount</th>}
          </tr>
        </thead>
        <tbody>
          {FEATURE_WINDOWS.map((window) => {
            const rates = columns.map(({ cells, counts }) => (cells === 0 ? 0 : counts[window] / cells));
            const most = Math.max(...rates, 1e-9);
            return (
              <tr key={window}>
                <th scope="row">{WINDOW_NAMES[window]}</th>
                {rates.map((rate, i) => (
                  <td key={columns[i]?.name}>
                    {i === 0 ? formatInteger(rate) : formatRate(rate)}
                    <span className="features__bar" style={{ width: `${(100 * rate) / most}%` }} />
                  </td>
                ))}
                {amountKind === 'amount' && <td>{formatAmount(features.sums[window])}</td>}
              </tr>
            );
          })}
        </tbody>
      </table>
      {hour.count > 0 && (
        <div className="hour">
          <p>
            <strong>{hourOfWeekName(hour.index)}</strong>{' '}
            <span className="muted">
              {formatInteger(hour.count)} of this cell’s events, {formatProbability(hour.share)};{' '}
              {formatMultiple(hour.share / even)} the even share
            </span>
          </p>
          <div className="hour__track" aria-hidden="true">
            <span className="hour__bar" style={{ width: `${Math.min(100, (100 * hour.share) / (4 * even))}%` }} />
            <span className="hour__even" />
          </div>
        </div>
      )}
    </>
  );
}

const formatRate = (rate: number) =>
  rate === 0 ? '0' : formatExpected(Number(rate.toFixed(2))).replace(/(\.\d\d)0$/, '$1');
