import openapiTS, { astToString, type OpenAPI3 } from 'openapi-typescript';

const HEADING = '/** Made from docs/openapi.json by `npm run client`; not to be edited. */\n\n';
/** Nobody names these; what is exported and not used would be reported. */
const UNUSED = /^export type (?:webhooks|\$defs) = .*;\n/gm;

interface Described {
  paths: Record<string, Record<string, { parameters?: { $ref?: string }[]; responses: Record<string, unknown> }>>;
  components: Record<string, unknown>;
}

/**
 * The types of the API as TypeScript, from its OpenAPI document. Problems are one type for all operations and headers of
 * answers have none, which makes a fifth of it.
 */
export async function generatedTypes(text: string): Promise<string> {
  const nodes = await openapiTS(slim(JSON.parse(text) as Described) as unknown as OpenAPI3, {
    // A field with a default may be left out of a request.
    defaultNonNullable: false,
  });
  return (
    HEADING + astToString(nodes).replace(UNUSED, '').replace('export interface operations', 'interface operations')
  );
}

function slim(document: Described): Described {
  const problem = { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } };
  for (const operation of Object.values(document.paths).flatMap((verbs) => Object.values(verbs))) {
    const good = Object.entries(operation.responses).flatMap(([status, response]) => {
      if (Number(status) >= 300) return [];
      const { headers: _, ...rest } = response as { headers?: unknown };
      return [[status, rest] as const];
    });
    const other: unknown = { description: 'A problem', content: problem };
    operation.responses = Object.fromEntries<unknown>([...good, ['default', other]]);
    // Both are the client's own affair.
    operation.parameters = operation.parameters?.filter(({ $ref }) => !/\/(?:RequestId|Namespace)$/.test($ref ?? ''));
  }
  delete document.components['headers'];
  delete document.components['examples'];
  return document;
}
