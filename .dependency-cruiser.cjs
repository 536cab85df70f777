/**
 * Who may import whom: the table of the design, as rules. A folder that is not named under `allowed`
 * for another one is an error, and so is every cycle.
 */
const allow = (from, ...targets) => ({ from: { path: from }, to: { path: [...targets, 'node_modules'] } });

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'servers-stand-alone',
      comment: 'a server never imports another server',
      severity: 'error',
      from: { path: '^src/servers/([^/]+)/' },
      to: { path: '^src/servers/', pathNot: '^src/servers/$1/' },
    },
    {
      name: 'engines-stand-alone',
      comment:
        'an engine never imports another engine; what engines install into a cluster is shared, and knows no engine',
      severity: 'error',
      from: { path: '^src/engines/([^/]+)/' },
      to: { path: '^src/engines/([^/]+)/', pathNot: '^src/engines/($1|components)/' },
    },
    {
      name: 'page-runs-in-browsers',
      comment: "only types, and what needs nothing of Node, may come into the dashboard's page",
      severity: 'error',
      from: { path: '^src/dashboard/page/' },
      to: {
        path: '^src/',
        pathNot: '^src/(dashboard/(page|model)/|lib/(duration|diff)\\.ts$|lib/html/(elements|html)\\.ts$)',
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'server-without-page',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/dashboard/page/' },
      to: { path: '^src/dashboard/page/' },
    },
  ],
  allowedSeverity: 'error',
  allowed: [
    { from: { path: '^src' }, to: { dependencyTypes: ['core'] } },
    { from: { path: '^src' }, to: { path: 'node_modules' } },
    // Only declarations, which the tool does not resolve.
    { from: { path: '^src' }, to: { path: '^kubernetes-types/' } },
    allow('^src/lib/', '^src/lib/'),
    allow('^src/config/', '^src/(config|lib)/'),
    allow('^src/clients/', '^src/(clients|lib)/'),
    allow('^src/servers/', '^src/(servers|clients|lib)/'),
    allow('^src/engines/engine\\.ts$', '^src/(config|lib)/'),
    allow(
      '^src/engines/embedded/',
      '^src/engines/(embedded/|engine\\.ts$)',
      '^src/(servers|clients|config|lib)/',
    ),
    allow(
      '^src/engines/components/',
      '^src/engines/(components/|engine\\.ts$)',
      '^src/(clients|config|lib)/',
    ),
    allow(
      '^src/engines/(k3d|kubernetes)/',
      '^src/engines/($1|components)/',
      '^src/engines/engine\\.ts$',
      '^src/(clients|config|lib)/',
    ),
    allow('^src/engines/select\\.ts$', '^src/(engines|config|lib)/'),
    allow('^src/flow/', '^src/engines/engine\\.ts$', '^src/(flow|clients|config|lib)/'),
    allow('^src/exercises/', '^src/(exercises|flow|clients|config|lib)/'),
    allow('^src/dashboard/', '^src/(dashboard|flow|clients|config|lib)/'),
    allow(
      '^src/cli/',
      '^src/engines/(engine|select)\\.ts$',
      '^src/(cli|dashboard|exercises|flow|clients|config|lib)/',
    ),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.tsx', '.js', '.json'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default'],
    },
  },
};
