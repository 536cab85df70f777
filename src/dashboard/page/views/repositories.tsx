import type { RepositoryDocument } from '../../model/documents.ts';
import { Ago, Copy, Outside, ProblemNote, Sha, View, Waiting } from '../components/basics.tsx';
import { useDocument } from '../documents.ts';
import { plural } from '../format.ts';
import { to } from '../router.ts';

const roles: Readonly<Record<string, string>> = {
  app: 'the application: change it here',
  gitops: 'what shall run: the operator reads it',
  library: 'what pipelines share',
  exercise: 'made by somebody here',
};

/** All repositories of the Git server. */
export function RepositoriesView() {
  const { data, problem } = useDocument<RepositoryDocument[]>('/api/repositories', ['git']);
  return (
    <View title="Git server" name="Git" station="git">
      <ProblemNote problem={problem} />
      {data === undefined ? (
        <Waiting />
      ) : (
        <ul class="cards">
          {data.map((repository) => (
            <RepositoryCard key={repository.name} repository={repository} />
          ))}
        </ul>
      )}
    </View>
  );
}

function RepositoryCard({ repository }: { readonly repository: RepositoryDocument }) {
  const { name, role, newest, openPulls, cloneUrl, webUrl } = repository;
  return (
    <li class="card" data-station={role === 'gitops' ? 'gitops' : 'git'}>
      <h2>
        <a href={to('git', name)}>{name}</a>
      </h2>
      <p class="dim">{roles[role] ?? role}</p>
      {newest === undefined ? (
        <p>empty</p>
      ) : (
        <p>
          <Sha id={newest.sha} href={to('git', name, 'commits', newest.sha)} />{' '}
          {newest.commit.message.split('\n')[0]}, <Ago time={newest.commit.committer.date} />
        </p>
      )}
      <p class="card-foot">
        <a href={to('git', name, 'pulls')}>
          {openPulls === 0 ? 'pull requests' : plural(openPulls, 'open pull request')}
        </a>
        <Copy text={cloneUrl} label="Copy clone address" />
        <Outside href={webUrl}>own page</Outside>
      </p>
    </li>
  );
}
