import type { EntityManager, EntityTarget, ObjectLiteral, SelectQueryBuilder } from 'typeorm';

/**
 * The rows of a query as plain objects with the entity's property names. They are for reading: making entities of them,
 * as `getMany` does, takes several times as long as the query of a page. Joins are not read.
 */
export async function plainRows<E extends ObjectLiteral>(query: SelectQueryBuilder<E>): Promise<E[]> {
  const { mainAlias } = query.expressionMap;
  if (!mainAlias) throw new Error('The query is of no entity');
  const columns = mainAlias.metadata.columns.map(
    ({ propertyName, databaseName }) => [propertyName, `${mainAlias.name}_${databaseName}`] as const,
  );
  const rows = await query.getRawMany<Record<string, unknown>>();
  return rows.map((row) => {
    const plain: Record<string, unknown> = {};
    for (const [property, column] of columns) if (column in row) plain[property] = row[column];
    return plain as E;
  });
}

/** An entity's columns as a statement of one's own selects them, so that its rows are as those of `plainRows`. */
export function plainColumns<E extends ObjectLiteral>(manager: EntityManager, entity: EntityTarget<E>): string {
  const { columns } = manager.dataSource.getMetadata(entity);
  return columns
    .filter(({ isSelect }) => isSelect)
    .map(({ propertyName, databaseName }) => `${databaseName} AS "${propertyName}"`)
    .join(', ');
}
