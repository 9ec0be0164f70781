import {
  getNullableType,
  type GraphQLSchema,
  isListType,
  isObjectType,
  parse,
  specifiedRules,
  validate,
} from 'graphql/index.js';
import { beforeAll, describe, expect, it } from 'vitest';
import { makeSchema } from '../schema/schema.js';
import { costOf } from './cost.js';
import { COSTS } from './costs.js';
import { depthRule } from './depth.js';

let schema: GraphQLSchema;
beforeAll(() => {
  schema = makeSchema();
});

const MAX = 50_000;
const cost = (query: string, variables: Record<string, unknown> = {}, operationName?: string, max = MAX) =>
  costOf({ schema, document: parse(query), operationName, variables }, max);

describe('the cost', () => {
  it('counts a field once for every object it may stand in', () => {
    // risks 10, data 1, and for each of 20: the item and two fields.
    expect(cost('{ risks(limit: 20) { data { risk_id level } } }')).toBe(10 + 1 + 20 * 3);
    expect(cost('{ risks { data { risk_id } page { has_more } } }')).toBe(10 + 1 + 50 * 2 + 1 + 1);
    expect(cost('{ risks(limit: null) { data { risk_id } } }')).toBe(10 + 1 + 50 * 2);
    expect(cost('{ risks(limit: -7) { data { risk_id } } }')).toBe(10 + 1 + 2);
  });

  it('reads limits from variables and their defaults', () => {
    const query = 'query ($n: Int = 3) { risks(limit: $n) { data { risk_id } } }';
    expect(cost(query)).toBe(10 + 1 + 3 * 2);
    expect(cost(query, { n: 100 })).toBe(10 + 1 + 100 * 2);
    expect(cost(query, { n: 'x' })).toBe(0);
  });

  it('goes through fragments, and takes the operation that is run', () => {
    const query = `
      query Small { me { name } }
      query Large { ...Risks ... on Query { me { name } } }
      fragment Risks on Query { risks { data { ...Fields } } }
      fragment Fields on Risk { risk_id level }`;
    expect(cost(query, {}, 'Small')).toBe(2);
    expect(cost(query, {}, 'Large')).toBe(10 + 1 + 50 * 3 + 2);
    expect(cost(query, {}, 'None')).toBe(0);
  });

  it('counts places and their scenarios', () => {
    const query = `query ($p: [PointInput!], $n: Int) {
      assess(points: $p, cells: ["872b9bc71ffffff"], n_scenarios: $n) { assessments { p_event scenarios { count } } } }`;
    const points = Array.from({ length: 9 }, () => ({ lat: 1, lon: 2 }));
    expect(cost(query, { p: points, n: 0 })).toBe(1 + 1 + 10 * (1 + 1 + 1 + 2));
    expect(cost(query, { p: points, n: 100 })).toBe(1 + 1 + 10 * (1 + 1 + 1 + 200));
  });

  it('grows with every alias', () => {
    const aliases = Array.from({ length: 100 }, (_, i) => `a${i}: risks(limit: 1000) { data { risk_id } }`);
    expect(cost(`{ ${aliases.join(' ')} }`)).toBe(100 * (10 + 1 + 1000 * 2));
  });

  it('of fragments that unfold without end is told before they have unfolded', () => {
    const names = Array.from({ length: 60 }, (_, i) => i);
    const query = `{ ...F0 } ${names
      .map((i) => `fragment F${i} on Query { me { name } ...F${i + 1} ...F${i + 1} }`)
      .join(' ')} fragment F60 on Query { me { name } }`;
    expect(cost(query)).toBe(Infinity);
  });

  it('knows how long every list of the schema may be', () => {
    const lists = Object.values(schema.getTypeMap()).flatMap((type) =>
      isObjectType(type) && !type.name.startsWith('__')
        ? Object.values(type.getFields())
            .filter((field) => isListType(getNullableType(field.type)))
            .map((field) => `${type.name}.${field.name}`)
        : [],
    );
    expect(lists.filter((name) => COSTS[name]?.size === undefined)).toEqual([]);
  });

  it('is told of fields that are there', () => {
    const there = Object.keys(COSTS).filter((name) => {
      const [type = '', field = ''] = name.split('.');
      const found = schema.getType(type);
      return !isObjectType(found) || found.getFields()[field] === undefined;
    });
    expect(there).toEqual([]);
  });
});

describe('the depth', () => {
  const faults = (query: string, max: number) =>
    validate(schema, parse(query), [depthRule(max)]).map(({ message, extensions }) => [message, extensions['code']]);

  it('is that of the deepest field, through fragments', () => {
    const query = `{ me { ...M } risks { data { cell { ... on RiskCell { center { lat } } } } } }
      fragment M on Me { namespace { levels { HIGH } } }`;
    expect(faults(query, 5)).toEqual([]);
    expect(faults(query, 4)).toEqual([['The query is 5 fields deep; at most 4', 'GRAPHQL_TOO_DEEP']]);
  });

  it('is measured for each operation', () => {
    expect(faults('query A { me { name } } query B { me { namespace { name } } }', 2)).toHaveLength(1);
  });

  it('of fragments in a circle, or that unfold without end, is measured at once', () => {
    expect(faults('{ ...A } fragment A on Query { me { name } ...B } fragment B on Query { ...A }', 2)).toEqual([]);
    const many = Array.from(
      { length: 200 },
      (_, i) => `fragment F${i} on Query { ...F${i + 1} ...F${i + 1} me { name } }`,
    );
    expect(faults(`{ ...F0 } ${many.join(' ')} fragment F200 on Query { me { name } }`, 2)).toEqual([]);
  });

  it('of what asks for the schema is left to graphql’s own rule', () => {
    expect(faults('{ __schema { types { fields { type { ofType { ofType { name } } } } } } }', 2)).toEqual([]);
    const deep =
      '{ __schema { types { fields { type { fields { type { fields { type { fields { name } } } } } } } } } }';
    expect(validate(schema, parse(deep), specifiedRules).map(({ message }) => message)).toContain(
      'Maximum introspection depth exceeded',
    );
  });
});
