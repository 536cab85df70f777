import { Fragment } from 'preact';
import type { ImageDocument, ImageRepository, Overview } from '../../model/documents.ts';
import { Badge, Copy, ProblemNote, Sha, View, Waiting } from '../components/basics.tsx';
import { Table } from '../components/table.tsx';
import { useDocument } from '../documents.ts';
import { bytes, plural, short } from '../format.ts';
import { loop } from '../live.ts';
import { to } from '../router.ts';

function hrefOf(repository: string, reference: string): string {
  return `${to('registry', reference)}?repository=${encodeURIComponent(repository)}`;
}

/** The repositories of the registry with their tags. */
export function ImagesView({ overview }: { readonly overview: Overview }) {
  const { data, problem } = useDocument<ImageRepository[]>('/api/images', ['images']);
  const stages = loop.value?.stages ?? [];
  const own = `${overview.organization}/${overview.application}`;
  const sorted = (data ?? []).toSorted((a, b) => Number(b.name === own) - Number(a.name === own));
  return (
    <View title="Registry" name="Images" station="registry">
      <p class="lead">
        Images are pushed by the CI server and deployed by digest: whoever names one gets exactly these bytes.
      </p>
      <ProblemNote problem={problem} />
      {data === undefined && problem === undefined ? <Waiting /> : null}
      {sorted.map(({ name, tags }) => (
        <section key={name} aria-label={`Tags of ${name}`}>
          <h2>
            <code>
              {overview.registry}/{name}
            </code>{' '}
            <span class="dim">{plural(tags.length, 'tag')}</span>
          </h2>
          <Table
            label={`Tags of ${name}`}
            noun="tag"
            items={tags}
            keyOf={(tag) => tag}
            textOf={(tag) => tag}
            empty="It has no tag."
            columns={[
              {
                title: 'Tag',
                cell: (tag) => (
                  <a href={hrefOf(name, tag)}>
                    <code class="long">{tag}</code>
                  </a>
                ),
              },
              {
                title: 'Commit',
                narrow: true,
                cell: (tag) => (/^[0-9a-f]{40}$/.test(tag) ? <Sha id={tag} href={to('trace', tag)} /> : ''),
              },
              {
                title: 'Runs in',
                narrow: true,
                cell: (tag) =>
                  stages
                    .filter(({ revision }) => revision === tag)
                    .map(({ stage }) => <Badge key={stage} state="live" label={stage} />),
              },
            ]}
          />
        </section>
      ))}
    </View>
  );
}

/** One image: its digest, how it is run, and its layers. */
export function ImageView({
  repository,
  reference,
  overview,
}: {
  repository: string;
  reference: string;
  overview: Overview;
}) {
  const query = new URLSearchParams({ repository, reference });
  const { data, problem } = useDocument<ImageDocument>(`/api/image?${query.toString()}`, ['images']);
  const address = `${overview.registry}/${repository}@${data?.digest ?? ''}`;
  return (
    <View
      title={
        <>
          {repository}{' '}
          <code>{reference.startsWith('sha256:') ? short(reference) : reference.slice(0, 12)}</code>
        </>
      }
      name={`Image ${reference.slice(0, 12)}`}
      station="registry"
      crumbs={[{ label: 'Images', href: '#/registry' }]}
    >
      <ProblemNote problem={problem} />
      {data === undefined ? (
        problem === undefined ? (
          <Waiting />
        ) : null
      ) : (
        <>
          <dl class="card facts">
            <dt>Reference</dt>
            <dd>
              <code>{address}</code> <Copy text={address} />
            </dd>
            <dt>Kind</dt>
            <dd>{data.mediaType}</dd>
            {data.kind === 'index' ? null : <Config config={data.config} />}
          </dl>
          {data.kind === 'index' ? (
            <Manifests repository={repository} manifests={data.manifests} />
          ) : (
            <Layers image={data} />
          )}
        </>
      )}
    </View>
  );
}

type Image = Extract<ImageDocument, { kind: 'image' }>;

function Config({ config }: { readonly config: Image['config'] }) {
  const { Entrypoint, Cmd, WorkingDir, User, Labels, ExposedPorts } = config.config ?? {};
  const facts: readonly (readonly [string, string])[] = [
    ['Platform', `${config.os}/${config.architecture}`],
    ['Command', [...(Entrypoint ?? []), ...(Cmd ?? [])].join(' ')],
    ['Folder', WorkingDir ?? ''],
    ['User', User ?? ''],
    ['Ports', Object.keys(ExposedPorts ?? {}).join(', ')],
    ...Object.entries(Labels ?? {}),
  ];
  return (
    <>
      {facts
        .filter(([, value]) => value !== '')
        .map(([name, value]) => (
          <Fragment key={name}>
            <dt>{name}</dt>
            <dd>
              <code>{value}</code>
            </dd>
          </Fragment>
        ))}
    </>
  );
}

/** The command of a layer; the field is free, and need not be a text. */
function madeBy(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** The layers, the lowest first, with what made each. */
function Layers({ image }: { readonly image: Image }) {
  const { layers, config } = image;
  const made = (config.history ?? []).filter(({ empty_layer }) => empty_layer !== true);
  const largest = Math.max(1, ...layers.map(({ size }) => size));
  return (
    <>
      <h2>
        {plural(layers.length, 'layer')}, {bytes(layers.reduce((sum, { size }) => sum + size, 0))}
      </h2>
      <ol class="layers">
        {layers.map(({ digest, size, mediaType }, index) => (
          <li key={`${digest} ${index}`} class="card">
            <div class="layer-bar" style={{ width: `${Math.max(2, (size / largest) * 100)}%` }} />
            <b>{bytes(size)}</b> <code title={digest}>{short(digest)}</code>{' '}
            <span class="dim">{mediaType.replace(/^application\/vnd\./, '')}</span>
            <p>
              <code class="long">{madeBy(made[index]?.created_by)}</code>
            </p>
          </li>
        ))}
      </ol>
    </>
  );
}

function Manifests({
  repository,
  manifests,
}: {
  repository: string;
  manifests: Extract<ImageDocument, { kind: 'index' }>['manifests'];
}) {
  return (
    <>
      <h2>Images for {plural(manifests.length, 'platform')}</h2>
      <ul class="cards">
        {manifests.map(({ digest, platform, size }) => (
          <li key={digest} class="card">
            <a href={hrefOf(repository, digest)}>
              {platform === undefined ? short(digest) : `${platform.os}/${platform.architecture}`}
            </a>{' '}
            <span class="dim">{bytes(size)}</span>
          </li>
        ))}
      </ul>
    </>
  );
}
