import {
  GraphQLError,
  isEnumType,
  isInputObjectType,
  isObjectType,
  parse,
  validate,
  validateSchema,
} from 'graphql/index.js';
import { describe, expect, it } from 'vitest';
import { makeSchema } from './schema.js';

const schema = makeSchema();
const ours = Object.values(schema.getTypeMap()).filter(({ name }) => !name.startsWith('__'));

describe('the schema', () => {
  it('is one', () => expect(validateSchema(schema)).toEqual([]));

  it('says of every type what it is', () => {
    const standard = new Set(['String', 'Int', 'Float', 'Boolean', 'ID']);
    expect(ours.filter(({ name, description }) => !description && !standard.has(name)).map(({ name }) => name)).toEqual(
      [],
    );
  });

  it('says of every field of the root what it answers and which scope it asks for', () => {
    const fields = Object.values(schema.getQueryType()?.getFields() ?? {});
    expect(fields.length).toBeGreaterThan(10);
    expect(fields.filter(({ description }) => !/Scope |Any token|administrator/.test(description ?? ''))).toEqual([]);
    // One that is refused must not take the others with it.
    expect(fields.filter(({ type }) => String(type).endsWith('!'))).toEqual([]);
  });

  it('changes nothing', () => {
    expect(schema.getMutationType()).toBeUndefined();
    expect(schema.getSubscriptionType()).toBeUndefined();
  });

  it('has no type that nothing leads to', () => {
    const shown = new Set<string>();
    const show = (type: unknown) => shown.add(String(type).replaceAll(/[[\]!]/g, ''));
    for (const type of ours) {
      if (isInputObjectType(type)) for (const field of Object.values(type.getFields())) show(field.type);
      if (!isObjectType(type)) continue;
      for (const field of Object.values(type.getFields())) {
        show(field.type);
        for (const argument of field.args) show(argument.type);
      }
    }
    const named = ours.filter((type) => isObjectType(type) || isEnumType(type) || isInputObjectType(type));
    expect(named.map(({ name }) => name).filter((name) => name !== 'Query' && !shown.has(name))).toEqual([]);
  });
});

describe('scalars', () => {
  const faults = (query: string) => validate(schema, parse(query)).map((error: GraphQLError) => error.message);

  it('take what REST takes', () => {
    expect(faults('{ events(from: "2026-01-31T08:00:00+02:00", cell: "872b9bc71ffffff") { data { lat } } }')).toEqual(
      [],
    );
  });

  it.each(['"2026-01-31"', '"2026-01-31T08:00:00"', '5', '{a: 1}', 'true', '""'])('refuse the time %s', (time) =>
    expect(faults(`{ events(from: ${time}) { data { lat } } }`).join()).toMatch(/must be an RFC 3339 time/),
  );

  it.each(['"872B9BC71FFFFFF"', '"x"', '613566', '["872b9bc71ffffff"]'])('refuse the cell %s', (cell) =>
    expect(faults(`{ cell(cell: ${cell}) { area_km2 } }`).join()).toMatch(/must be an H3 index/),
  );
});
