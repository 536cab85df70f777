import type { Log } from '../../lib/log.ts';
import { conflict, notFound } from './errors.ts';
import type { Accounts } from './metadata/accounts.ts';
import type { RepositoryRecord, UserRecord } from './metadata/model.ts';
import type { Store } from './metadata/store.ts';
import type { Folders } from './repository/folders.ts';
import type { Git } from './repository/git.ts';
import type { Maintenance } from './repository/maintenance.ts';
import type { Objects } from './repository/objects.ts';
import type { Queues } from './repository/queue.ts';
import type { Deliveries } from './webhooks/deliveries.ts';

/** What every part of the server works with. */
export interface Service {
  /** As clients see the server, without a slash at the end. */
  readonly publicUrl: string;
  readonly log: Log;
  readonly store: Store;
  readonly accounts: Accounts;
  readonly folders: Folders;
  readonly git: Git;
  readonly objects: Objects;
  readonly queues: Queues;
  readonly maintenance: Maintenance;
  readonly deliveries: Deliveries;
}

/** A repository together with its folder, as the handlers of requests get it. */
export interface OpenRepository {
  readonly record: RepositoryRecord;
  readonly folder: string;
}

export function findRepository(service: Service, owner: string, name: string): OpenRepository | undefined {
  const [wantedOwner, wantedName] = [owner.toLowerCase(), name.toLowerCase()];
  const record = service.store.find(
    'repositories',
    (candidate) =>
      candidate.name.toLowerCase() === wantedName && candidate.owner.toLowerCase() === wantedOwner,
  );
  return record && { record, folder: service.folders.of(record) };
}

/** The newest record of a repository that was found before something else happened to it. */
export function current(service: Service, repository: RepositoryRecord): RepositoryRecord {
  const record = service.store.get('repositories', repository.id);
  if (record === undefined) throw notFound('the repository was deleted meanwhile');
  return record;
}

export function userById(service: Service, id: number): UserRecord {
  return service.store.get('users', id) ?? GHOST;
}

/** Gitea's stand-in for a user who was deleted. */
const GHOST: UserRecord = {
  id: -1,
  login: 'Ghost',
  email: '',
  fullName: '',
  admin: false,
  created: new Date(0).toISOString(),
};

export async function createRepository(
  service: Service,
  wanted: {
    readonly owner: string;
    readonly name: string;
    readonly description: string;
    readonly private: boolean;
    readonly defaultBranch: string;
  },
): Promise<OpenRepository> {
  const taken = () => findRepository(service, wanted.owner, wanted.name) !== undefined;
  return service.queues.run(0, async () => {
    if (taken()) throw conflict('The repository with the same name already exists.');
    const now = new Date().toISOString();
    const folder = await service.folders.create(wanted);
    const record: RepositoryRecord = {
      ...wanted,
      id: service.store.nextId(),
      created: now,
      updated: now,
      collaborators: {},
      lastNumber: 0,
    };
    service.store.commit(['put', 'repositories', record]);
    return { record, folder };
  });
}

/** Removes a repository with everything that belongs to it. */
export async function deleteRepository(service: Service, repository: RepositoryRecord): Promise<void> {
  const { store } = service;
  const belongs = (record: { readonly repositoryId: number }) => record.repositoryId === repository.id;
  const deliveries = store.filter('deliveries', belongs);
  const gone = new Set(deliveries.map(({ id }) => id));
  store.commit(
    ...store.filter('attempts', ({ deliveryId }) => gone.has(deliveryId)).map(removal('attempts')),
    ...deliveries.map(removal('deliveries')),
    ...store.filter('hooks', belongs).map(removal('hooks')),
    ...store.filter('statuses', belongs).map(removal('statuses')),
    ...store.filter('comments', belongs).map(removal('comments')),
    ...store.filter('reviews', belongs).map(removal('reviews')),
    ...store.filter('pulls', belongs).map(removal('pulls')),
    ...store.filter('pushes', belongs).map(removal('pushes')),
    ['remove', 'repositories', repository.id],
  );
  service.objects.forget(service.folders.of(repository));
  service.maintenance.forget(service.folders.of(repository));
  await service.queues.run(0, () => service.folders.remove(repository));
}

export function removal<
  Name extends 'attempts' | 'deliveries' | 'hooks' | 'statuses' | 'comments' | 'reviews' | 'pulls' | 'pushes',
>(name: Name) {
  return ({ id }: { readonly id: number }) => ['remove', name, id] as const;
}
