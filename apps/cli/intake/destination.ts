import { type Namespace, namespace, tokenSelf } from '#contracts';
import type { Client } from '../client.js';
import { CliFailure, EXIT, ServerFailure } from '../failure.js';

export interface DestinationOptions {
  createNamespace?: boolean;
  resolution?: number;
  timeZone?: string;
  amountKind?: string;
}

export interface Destination {
  namespace: Namespace;
  created: boolean;
  warnings: string[];
}

/**
 * The namespace that events go to: there, or made with `--create-namespace`. Raises CliFailure where it is missing or the token may
 * not write events, before anything is sent.
 */
export async function findDestination(client: Client, options: DestinationOptions): Promise<Destination> {
  try {
    const self = await client.json(tokenSelf, 'GET', '/tokens/self');
    if (!self.scopes.includes('events:write') && !self.scopes.includes('admin')) {
      throw new CliFailure(
        `The token "${self.name}" may not write events: it lacks the scope events:write.`,
        EXIT.forbidden,
      );
    }
    return { namespace: self.namespace, created: false, warnings: differences(self.namespace, options) };
  } catch (error) {
    if (!(error instanceof ServerFailure && error.code === 'NAMESPACE_NOT_FOUND')) throw error;
    const id = client.settings.namespace ?? 'default';
    if (options.createNamespace !== true) throw missing(id);
    return { namespace: await create(client, id, options), created: true, warnings: [] };
  }
}

async function create(
  client: Client,
  id: string,
  { resolution, timeZone, amountKind }: DestinationOptions,
): Promise<Namespace> {
  const body = {
    namespace_id: id,
    ...(resolution === undefined ? {} : { h3_resolution: resolution }),
    ...(timeZone === undefined ? {} : { time_zone: timeZone }),
    ...(amountKind === undefined ? {} : { amount_kind: amountKind }),
  };
  return client.json(namespace, 'POST', '/namespaces', { body });
}

function missing(id: string): CliFailure {
  return new CliFailure(`There is no namespace "${id}".`, EXIT.failure, [
    'Add --create-namespace (with --resolution, --time-zone, --amount-kind), or make it first:',
    `  strisk namespace create ${id} --resolution 7 --time-zone America/Toronto`,
  ]);
}

function differences(
  { namespace_id, h3_resolution, time_zone }: Namespace,
  { resolution, timeZone }: DestinationOptions,
): string[] {
  const lines: string[] = [];
  if (resolution !== undefined && resolution !== h3_resolution) {
    lines.push(
      `Namespace ${namespace_id} is there already with H3 resolution ${h3_resolution}, which does not change; --resolution ${resolution} is left out.`,
    );
  }
  if (timeZone !== undefined && timeZone !== time_zone) {
    lines.push(
      `Namespace ${namespace_id} is there already with time zone ${time_zone}, which does not change; --time-zone ${timeZone} is left out.`,
    );
  }
  return lines;
}
