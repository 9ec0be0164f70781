import { existsSync, readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

interface Service {
  image: string;
  user?: string;
  command?: string[];
  environment?: Record<string, string>;
  ports?: string[];
  volumes?: string[];
  networks?: string[];
  logging?: { options?: Record<string, string> };
  restart?: string;
  healthcheck?: object;
  depends_on?: Record<string, { condition: string }>;
  build?: { dockerfile: string; target: string };
  deploy?: { resources?: { limits?: { cpus?: string; memory?: string } } };
}

interface Compose {
  services: Record<string, Service>;
  volumes: Record<string, unknown>;
  networks: Record<string, unknown>;
}

const root = new URL('../../../', import.meta.url);
const text = readFileSync(new URL('docker-compose.yml', root), 'utf8');
const compose = parse(text, { merge: true }) as Compose;
const services = Object.entries(compose.services);
const schema = JSON.parse(readFileSync(new URL('deploy/docker/compose-spec.json', root), 'utf8')) as object;

function validator(): (file: unknown) => string[] {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  addFormats.default(ajv);
  // The schema's own format names for durations and port ranges; what they stand for is checked by Compose itself.
  for (const name of ['duration', 'expose', 'ports', 'subnet_ip_address']) ajv.addFormat(name, true);
  const validate = ajv.compile(schema);
  return (file) => (validate(file) ? [] : (validate.errors ?? []).map((e) => `${e.instancePath} ${e.message ?? ''}`));
}

describe('docker-compose.yml', () => {
  it("is valid by the Compose Specification's schema, which finds a mistake where there is one", () => {
    const check = validator();
    expect(check(compose)).toEqual([]);
    const wrong = structuredClone(compose) as unknown as { services: { api: Record<string, unknown> } };
    wrong.services.api['helthcheck'] = {};
    expect(check(wrong)).toContain('/services/api must NOT have unevaluated properties');
    delete wrong.services.api['helthcheck'];
    wrong.services.api['ports'] = 3000;
    expect(check(wrong)).toContain('/services/api/ports must be array');
  });

  it('has the platform, both Redis, ClickHouse and PostgreSQL', () => {
    expect(Object.keys(compose.services).sort()).toEqual([
      'api',
      'clickhouse',
      'postgres',
      'redis-cache',
      'redis-queue',
      'worker',
    ]);
  });

  it.each(services)('%s is bounded in memory, processors and log, and comes back', (_name, service) => {
    expect(service.deploy?.resources?.limits).toMatchObject({
      memory: expect.stringMatching(/^\d+[MG]$/) as string,
      cpus: expect.stringMatching(/^\d/) as string,
    });
    expect(service.logging?.options).toHaveProperty('max-size');
    expect(service.restart).toBe('unless-stopped');
  });

  it.each(services.filter(([, service]) => service.build === undefined))(
    '%s is pinned to a version, is healthy before others start, and is not open to the outside',
    (_name, service) => {
      expect(service.image).toMatch(/:\d+/);
      expect(service.healthcheck).toBeDefined();
      expect(service.ports).toBeUndefined();
      expect(service.networks).toEqual(['stores']);
    },
  );

  it.each(['api', 'worker'])('%s waits for every store and is built from the Dockerfile', (name) => {
    const service = compose.services[name];
    const stores = ['clickhouse', 'postgres', 'redis-queue', 'redis-cache'];
    expect(service?.depends_on).toEqual(Object.fromEntries(stores.map((s) => [s, { condition: 'service_healthy' }])));
    expect(service?.build).toMatchObject({ dockerfile: 'deploy/docker/Dockerfile', target: name });
    const dockerfile = readFileSync(new URL('deploy/docker/Dockerfile', root), 'utf8');
    expect(dockerfile).toMatch(new RegExp(`^FROM runtime AS ${name}$`, 'm'));
    expect(dockerfile).toContain(`CMD ["node", "dist/apps/${name}/main.js"]`);
  });

  it('gives no password and no token a value, and refuses to start without one', () => {
    const references = [...text.matchAll(/\$\{(\w*(?:PASSWORD|TOKEN)\w*)([^}]*)\}/g)];
    expect(new Set(references.map(([, name]) => name))).toEqual(
      new Set([
        'CLICKHOUSE_PASSWORD',
        'POSTGRES_PASSWORD',
        'REDIS_QUEUE_PASSWORD',
        'REDIS_CACHE_PASSWORD',
        'STRISK_ADMIN_TOKEN',
      ]),
    );
    for (const [, , otherwise] of references) expect(otherwise).toMatch(/^:\?set /);
    for (const [, service] of services) {
      for (const [name, value] of Object.entries(service.environment ?? {})) {
        if (/PASSWORD|TOKEN/.test(name)) expect(value).toMatch(/^\$\{[^}]+\}$/);
        if (name.endsWith('_URL')) expect(value).toMatch(/:\$\{[^}]+\}@/);
      }
    }
  });

  it('names in its example exactly the variables it reads', () => {
    const read = new Set([...text.matchAll(/(?<!\$)\$\{(\w+)/g)].map(([, name]) => name));
    const example = readFileSync(new URL('deploy/docker/compose.env.example', root), 'utf8');
    const named = new Set([...example.matchAll(/^#?([A-Z_]+)=/gm)].map(([, name]) => name));
    expect(named).toEqual(read);
  });

  it('mounts files that are there and volumes that are declared', () => {
    for (const [, service] of services) {
      for (const volume of service.volumes ?? []) {
        const [source = ''] = volume.split(':');
        if (source.startsWith('.')) expect([source, existsSync(new URL(source, root))]).toEqual([source, true]);
        else expect(Object.keys(compose.volumes)).toContain(source);
      }
      for (const network of service.networks ?? []) expect(Object.keys(compose.networks)).toContain(network);
    }
  });
});
