/**
 * Who may import whom (docs/architecture.md). `#geo` and its siblings are resolved by the condition `source`, so every
 * rule sees the file that is meant: libs/geo/index.ts.
 */
const SPECS = ['\\.spec\\.tsx?$', '^(apps|libs)/[^/]+/test/', '^libs/testing/'];
const DOMAINS = 'access|risk|jobs|batch|graphql|monitoring|openapi';

/** What stands under `from` imports of our libraries these and no other (a library itself, of course). */
function only(name, comment, from, allowed, pathNot) {
  const library = from.startsWith('^libs/');
  const layers = allowed.map((layer) => `^libs/(${layer})/`);
  return {
    name,
    comment,
    severity: 'error',
    // Specs may reach for test support; what else they import is held to the same directions.
    from: { path: from, ...(pathNot === undefined ? {} : { pathNot }) },
    to: { path: '^libs/', pathNot: [...layers, '^libs/testing/', ...(library ? ['^libs/$1/'] : [])] },
  };
}

module.exports = {
  forbidden: [
    {
      name: 'no-circles',
      comment: 'Two files that need each other are one, or hide a third.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'unresolvable',
      comment: 'An import that leads nowhere would pass every other rule.',
      severity: 'error',
      from: {},
      // `virtual:` modules are made by the console's own Vite plugins.
      to: { couldNotResolve: true, pathNot: '^virtual:' },
    },
    {
      name: 'library-through-its-index',
      comment: 'A library is what its index.ts exports.',
      severity: 'error',
      from: { path: '^libs/([^/]+)/' },
      to: { path: '^libs/', pathNot: ['^libs/$1/', '^libs/[^/]+/index\\.ts$'] },
    },
    {
      name: 'library-through-its-index-from-outside',
      comment: 'A library is what its index.ts exports.',
      severity: 'error',
      from: { path: '^(apps|loadtests)/' },
      to: { path: '^libs/', pathNot: '^libs/[^/]+/index\\.ts$' },
    },
    {
      name: 'no-library-imports-an-app',
      comment: 'Apps compose libraries. The test runner shares what npm start does first.',
      severity: 'error',
      from: { path: '^libs/', pathNot: '^libs/testing/bin/' },
      to: { path: '^apps/' },
    },
    {
      name: 'testing-for-specs-alone',
      comment: 'Test support never ships.',
      severity: 'error',
      from: { pathNot: SPECS },
      to: { path: '^libs/testing/' },
    },
    {
      name: 'no-import-of-a-spec',
      comment: 'What two specs share is test support.',
      severity: 'error',
      from: {},
      to: { path: '\\.spec\\.tsx?$' },
    },
    only('geo-alone', 'geo is pure and knows none of ours.', '^libs/(geo)/', []),
    only('contracts-alone', 'contracts are read by server, console, CLI and SDK alike.', '^libs/(contracts)/', []),
    only('forecast-only-geo', 'The model is pure mathematics on a grid.', '^libs/(forecast)/', ['geo']),
    only('platform-only-contracts', 'Capabilities know no domain.', '^libs/(platform)/', ['contracts']),
    only('domain-downwards', 'domains → platform, forecast, geo, contracts and other domains.', `^libs/(${DOMAINS})/`, [
      'platform',
      'forecast',
      'geo',
      'contracts',
      'access',
      'risk',
      'jobs',
    ]),
    only(
      'server-apps-compose',
      'apps → domains → platform → contracts. Whole-system tests make their own data with forecast and geo.',
      '^apps/(api|worker|all-in-one)/',
      [DOMAINS, 'platform', 'contracts'],
      '^apps/[^/]+/test/',
    ),
    {
      name: 'monitoring-batch-graphql-and-openapi-reached-by-none',
      comment: 'They look at every domain, so no library may look back.',
      severity: 'error',
      from: { path: '^libs/', pathNot: '^libs/(monitoring|batch|graphql|openapi)/' },
      to: { path: '^libs/(monitoring|batch|graphql|openapi)/' },
    },
    only('console-and-cli-are-clients', 'Clients of the API like any other.', '^apps/(console|cli)/', [
      'contracts',
      'geo',
      'client',
    ]),
    {
      name: 'clients-apart',
      comment: 'An app is not a library.',
      severity: 'error',
      from: { path: '^apps/(console|cli)/' },
      to: { path: '^apps/', pathNot: '^apps/$1/' },
    },
    {
      name: 'no-dev-dependency-in-production',
      comment: 'The image holds production dependencies alone. The console is bundled and needs none at run time.',
      severity: 'error',
      from: { path: '^(apps|libs)/', pathNot: [...SPECS, '^apps/console/'] },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'no-undeclared-dependency',
      comment: 'What package.json does not name is there by accident.',
      severity: 'error',
      from: { path: '^(apps|libs|loadtests)/' },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|data|node_modules/@types)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      mainFields: ['module', 'main', 'types'],
      conditionNames: ['source', 'import', 'require', 'node', 'default', 'types'],
      extensions: ['.ts', '.tsx', '.js', '.mjs', '.cjs', '.json', '.d.ts'],
    },
  },
};
