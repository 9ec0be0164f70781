import type { Risk } from '#contracts';
import type { Table } from '#platform';

export const riskTable: Table<Risk> = {
  name: 'risks',
  columns: [
    { name: 'risk_id', type: 'text' },
    { name: 'timestamp', type: 'time' },
    { name: 'status', type: 'text' },
    { name: 'level', type: 'text' },
    { name: 'cell', path: 'cell.id', type: 'text' },
    { name: 'lat', path: 'cell.center.lat', type: 'number' },
    { name: 'lon', path: 'cell.center.lon', type: 'number' },
    { name: 'target_id', type: 'text', nullable: true },
    { name: 'event_type', type: 'text' },
    { name: 'p_event', type: 'number' },
    { name: 'expected_count', type: 'number' },
    { name: 'horizon_hours', type: 'integer' },
    { name: 'model_version', type: 'text' },
    { name: 'acknowledged_by', type: 'text', nullable: true },
    { name: 'comment', type: 'text', nullable: true },
    { name: 'updated_at', type: 'time' },
    { name: 'version', type: 'integer' },
  ],
  feature: ({ risk_id, ...properties }) => {
    const { lat, lon } = properties.cell.center;
    return { id: risk_id, geometry: `{"type":"Point","coordinates":[${lon},${lat}]}`, properties };
  },
};
