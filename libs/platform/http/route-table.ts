/** Which methods each route has, so that a wrong method is told from a wrong address. */
export class RouteTable {
  private readonly routes = new Map<string, { pattern: RegExp; methods: Set<string> }>();

  /** @param url as Fastify has it: `/api/v1/risks/:risk_id` */
  add(url: string, methods: string | readonly string[]): void {
    let route = this.routes.get(url);
    if (!route) {
      const source = url.replaceAll(/[.+?^${}()|[\]\\]/g, String.raw`\$&`).replaceAll(/:\w+/g, '[^/]+');
      this.routes.set(url, (route = { pattern: new RegExp(`^${source.replaceAll('*', '.*')}$`), methods: new Set() }));
    }
    for (const method of [methods].flat()) route.methods.add(method);
  }

  /** Whether an address is a route's word for word, and no parameter of another one's. */
  has(path: string): boolean {
    return this.routes.has(path);
  }

  /** The methods of an address, without its query; none where no route is there. */
  methodsAt(path: string): string[] {
    const own = this.routes.get(path);
    if (own) return [...own.methods].sort();
    const found = [...this.routes.values()].filter(({ pattern }) => pattern.test(path));
    return [...new Set(found.flatMap(({ methods }) => [...methods]))].sort();
  }
}
