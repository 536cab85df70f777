import { stringify } from 'yaml';
import type { Config } from '../../config/schema.ts';
import type { RenderedFile } from '../templates.ts';

interface Panel {
  readonly title: string;
  readonly expression: string;
  /** A unit of Grafana; a plain number unless told. */
  readonly unit?: 'bytes' | 's' | 'ms' | 'short';
  readonly kind?: 'timeseries' | 'stat';
  readonly legend?: string;
}

interface Dashboard {
  readonly id: string;
  readonly title: string;
  readonly panels: readonly Panel[];
}

/** Memory and processor of the pods of some namespaces, which each part has. */
function usage(namespaces: string): Panel[] {
  const selector = `namespace=~"${namespaces}",container!=""`;
  return [
    {
      title: 'Memory',
      expression: `sum by (pod) (container_memory_working_set_bytes{${selector}})`,
      unit: 'bytes',
      legend: '{{pod}}',
    },
    {
      title: 'Processor, cores',
      expression: `sum by (pod) (rate(container_cpu_usage_seconds_total{${selector}}[2m]))`,
      legend: '{{pod}}',
    },
  ];
}

/** What Gitea tells of itself; SCM-Manager tells nothing without a further plugin. */
const gitea: readonly Panel[] = [
  { title: 'Repositories', expression: 'gitea_repositories', kind: 'stat' },
  { title: 'Users', expression: 'gitea_users', kind: 'stat' },
  { title: 'Webhooks', expression: 'gitea_webhooks', kind: 'stat' },
];

/** One dashboard a part, with the metrics that the product documents. */
const all = (gitServer: Config['gitServer']): readonly Dashboard[] => [
  {
    id: 'git',
    title: 'Git server',
    panels: [...(gitServer === 'gitea' ? gitea : []), ...usage('gitea|scm-manager')],
  },
  {
    id: 'registry',
    title: 'Registry',
    // By its own word: on k3d it is no pod.
    panels: [
      {
        title: 'Answers a second',
        expression: 'sum by (method, code) (rate(registry_http_requests_total[2m]))',
        legend: '{{method}} {{code}}',
      },
      {
        title: 'Sent, bytes a second',
        expression: 'sum(rate(registry_http_response_size_bytes_sum[2m]))',
        unit: 'bytes',
        legend: 'sent',
      },
      {
        title: 'Memory',
        expression: 'process_resident_memory_bytes{job="registry"}',
        unit: 'bytes',
        legend: 'registry',
      },
      {
        title: 'Processor, cores',
        expression: 'rate(process_cpu_seconds_total{job="registry"}[2m])',
        legend: 'registry',
      },
    ],
  },
  {
    id: 'ci',
    title: 'CI server',
    panels: [
      { title: 'Waiting builds', expression: 'jenkins_queue_size_value', kind: 'stat' },
      { title: 'Running builds', expression: 'jenkins_executor_in_use_value', kind: 'stat' },
      {
        title: 'Duration of the last build',
        expression: 'default_jenkins_builds_last_build_duration_milliseconds',
        unit: 'ms',
        legend: '{{jenkins_job}}',
      },
      ...usage('jenkins'),
    ],
  },
  {
    id: 'operator',
    title: 'GitOps operator',
    panels: [
      {
        title: 'Applications by sync',
        expression: 'count by (sync_status) (argocd_app_info)',
        kind: 'stat',
        legend: '{{sync_status}}',
      },
      {
        title: 'Applications by health',
        expression: 'count by (health_status) (argocd_app_info)',
        kind: 'stat',
        legend: '{{health_status}}',
      },
      {
        title: 'Syncs',
        expression: 'sum by (name, phase) (increase(argocd_app_sync_total[5m]))',
        legend: '{{name}} {{phase}}',
      },
      ...usage('argocd'),
    ],
  },
  {
    id: 'applications',
    title: 'Applications',
    panels: [
      {
        title: 'Pods that answer',
        expression:
          'sum by (namespace) (kube_deployment_status_replicas_available{namespace=~"staging|production"})',
        kind: 'stat',
        legend: '{{namespace}}',
      },
      {
        title: 'Restarts',
        expression:
          'sum by (namespace, pod) (increase(kube_pod_container_status_restarts_total{namespace=~"staging|production"}[10m]))',
        legend: '{{namespace}}/{{pod}}',
      },
      ...usage('staging|production'),
    ],
  },
];

/** The dashboards as ConfigMaps, which Grafana's sidecar finds by their label. */
export function dashboards(gitServer: Config['gitServer']): RenderedFile[] {
  return all(gitServer).map((dashboard) => {
    const document = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: `dashboard-${dashboard.id}`, labels: { grafana_dashboard: '1' } },
      data: { [`${dashboard.id}.json`]: JSON.stringify(model(dashboard), null, 2) },
    };
    return { path: `dashboard-${dashboard.id}.yaml`, content: stringify(document, { lineWidth: 0 }) };
  });
}

/** The JSON model of a dashboard, after Grafana's documentation: a grid of 24 columns, three panels a row. */
function model({ id, title, panels }: Dashboard) {
  const [width, height, perRow] = [8, 8, 3];
  return {
    uid: `playground-${id}`,
    title,
    tags: ['gitops-playground'],
    schemaVersion: 39,
    refresh: '10s',
    time: { from: 'now-30m', to: 'now' },
    panels: panels.map(({ title: name, expression, unit = 'short', kind = 'timeseries', legend }, index) => ({
      id: index + 1,
      type: kind,
      title: name,
      gridPos: { x: (index % perRow) * width, y: Math.floor(index / perRow) * height, w: width, h: height },
      datasource: { type: 'prometheus', uid: 'prometheus' },
      fieldConfig: { defaults: { unit, min: 0 }, overrides: [] },
      targets: [{ refId: 'A', expr: expression, ...(legend === undefined ? {} : { legendFormat: legend }) }],
    })),
  };
}
