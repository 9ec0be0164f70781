import { expect, it } from 'vitest';
import { RouteTable } from './route-table.js';

it('knows the methods of an address', () => {
  const table = new RouteTable();
  table.add('/api/v1/risks', 'GET');
  table.add('/api/v1/risks/:risk_id', ['GET', 'HEAD']);
  table.add('/api/v1/risks/:risk_id', 'PATCH');
  table.add('/files/*', 'GET');
  table.add('/a.b', 'GET');
  expect(table.methodsAt('/api/v1/risks')).toEqual(['GET']);
  expect(table.methodsAt('/api/v1/risks/rsk_1')).toEqual(['GET', 'HEAD', 'PATCH']);
  expect(table.methodsAt('/api/v1/risks/rsk_1/more')).toEqual([]);
  expect(table.methodsAt('/api/v1/risks/')).toEqual([]);
  table.add('/api/v1/risks/stats', 'GET');
  expect(table.methodsAt('/api/v1/risks/stats')).toEqual(['GET']);
  expect(table.has('/api/v1/risks/stats')).toBe(true);
  expect(table.has('/api/v1/risks/rsk_1')).toBe(false);
  expect(table.methodsAt('/files/a/b.js')).toEqual(['GET']);
  expect(table.methodsAt('/aXb')).toEqual([]);
});
