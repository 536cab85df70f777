import { packageVersion } from '../../../lib/package.ts';
import * as branches from './branches.ts';
import { json, type Call, type RepositoryCall, type UserCall, type WriteCall } from './call.ts';
import * as comments from './comments.ts';
import * as commits from './commits.ts';
import * as contents from './contents.ts';
import * as hooks from './hooks.ts';
import * as organizations from './organizations.ts';
import * as pulls from './pulls.ts';
import * as repositories from './repositories.ts';
import * as reviews from './reviews.ts';
import * as statuses from './statuses.ts';
import * as tags from './tags.ts';
import * as users from './users.ts';

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
type Handler<T> = (call: T) => Promise<Response | 'streamed'>;

export type Route =
  | readonly [Method, string, 'anyone', Handler<Call>]
  | readonly [Method, string, 'user' | 'siteAdmin', Handler<UserCall>]
  | readonly [Method, string, 'read', Handler<RepositoryCall>]
  | readonly [Method, string, 'write' | 'admin', Handler<WriteCall>];

/** The version of Gitea whose API this is; clients choose their features by it. The rest names the program. */
const VERSION = `1.26.3+gitops-playground-${packageVersion()}`;

const version = async () => json({ version: VERSION });

const repo = '/repos/:owner/:repo';

/** Every route of the API below `/api/v1`, with who may call it. */
export const routes: readonly Route[] = [
  ['GET', '/version', 'anyone', version],

  ['GET', '/user', 'user', users.getCurrent],
  ['GET', '/user/repos', 'user', repositories.listOwn],
  ['POST', '/user/repos', 'user', repositories.createForUser],
  ['GET', '/users/:username', 'anyone', users.get],
  ['GET', '/users/:username/repos', 'anyone', repositories.listOfOwner],
  ['GET', '/users/:username/tokens', 'user', users.listTokens],
  ['POST', '/users/:username/tokens', 'user', users.createToken],
  ['DELETE', '/users/:username/tokens/:token', 'user', users.removeToken],
  ['GET', '/admin/users', 'siteAdmin', users.list],
  ['POST', '/admin/users', 'siteAdmin', users.create],
  ['PATCH', '/admin/users/:username', 'siteAdmin', users.edit],
  ['DELETE', '/admin/users/:username', 'siteAdmin', users.remove],

  ['GET', '/orgs', 'anyone', organizations.list],
  ['POST', '/orgs', 'user', organizations.create],
  ['GET', '/orgs/:org', 'anyone', organizations.get],
  ['DELETE', '/orgs/:org', 'user', organizations.remove],
  ['GET', '/orgs/:org/repos', 'anyone', repositories.listOfOwner],
  ['POST', '/orgs/:org/repos', 'user', repositories.createInOrganization],

  ['GET', '/repos/search', 'anyone', repositories.search],
  ['GET', repo, 'read', repositories.get],
  ['PATCH', repo, 'admin', repositories.edit],
  ['DELETE', repo, 'admin', repositories.remove],
  ['GET', `${repo}/collaborators`, 'read', repositories.listCollaborators],
  ['GET', `${repo}/collaborators/:collaborator`, 'write', repositories.getCollaborator],
  ['PUT', `${repo}/collaborators/:collaborator`, 'admin', repositories.addCollaborator],
  ['DELETE', `${repo}/collaborators/:collaborator`, 'admin', repositories.removeCollaborator],
  ['GET', `${repo}/collaborators/:collaborator/permission`, 'read', repositories.getPermission],

  ['GET', `${repo}/branches`, 'read', branches.list],
  ['POST', `${repo}/branches`, 'write', branches.create],
  ['GET', `${repo}/branches/:branch{.+}`, 'read', branches.get],
  ['DELETE', `${repo}/branches/:branch{.+}`, 'write', branches.remove],
  ['GET', `${repo}/tags`, 'read', tags.list],
  ['POST', `${repo}/tags`, 'write', tags.create],
  ['GET', `${repo}/tags/:tag{.+}`, 'read', tags.get],
  ['DELETE', `${repo}/tags/:tag{.+}`, 'write', tags.remove],
  ['GET', `${repo}/git/refs`, 'read', branches.listReferences],
  ['GET', `${repo}/git/refs/:ref{.+}`, 'read', branches.listReferences],

  ['GET', `${repo}/commits`, 'read', commits.list],
  ['GET', `${repo}/git/commits/:sha{.+}`, 'read', commits.get],
  ['GET', `${repo}/commits/:ref{.+}/status`, 'read', statuses.combined],
  ['GET', `${repo}/commits/:sha{.+}/statuses`, 'read', statuses.list],
  ['GET', `${repo}/statuses/:sha{.+}`, 'read', statuses.list],
  ['POST', `${repo}/statuses/:sha{.+}`, 'write', statuses.create],

  ['GET', `${repo}/contents`, 'read', contents.get],
  ['POST', `${repo}/contents`, 'write', contents.changeSeveral],
  ['GET', `${repo}/contents/:path{.*}`, 'read', contents.get],
  ['POST', `${repo}/contents/:path{.+}`, 'write', contents.create],
  ['PUT', `${repo}/contents/:path{.+}`, 'write', contents.update],
  ['DELETE', `${repo}/contents/:path{.+}`, 'write', contents.remove],
  ['GET', `${repo}/raw/:path{.+}`, 'read', contents.raw],

  ['GET', `${repo}/pulls`, 'read', pulls.list],
  ['POST', `${repo}/pulls`, 'write', pulls.create],
  ['GET', `${repo}/pulls/:index`, 'read', pulls.get],
  ['PATCH', `${repo}/pulls/:index`, 'write', pulls.edit],
  ['GET', `${repo}/pulls/:index/files`, 'read', pulls.files],
  ['GET', `${repo}/pulls/:index/commits`, 'read', pulls.commits],
  ['GET', `${repo}/pulls/:index/reviews`, 'read', reviews.list],
  ['POST', `${repo}/pulls/:index/reviews`, 'write', reviews.create],
  ['GET', `${repo}/pulls/:index/merge`, 'read', pulls.isMerged],
  ['POST', `${repo}/pulls/:index/merge`, 'write', pulls.merge],
  ['GET', `${repo}/issues/:index`, 'read', comments.getIssue],
  ['DELETE', `${repo}/issues/:index`, 'admin', pulls.remove],
  ['GET', `${repo}/issues/:index/comments`, 'read', comments.list],
  ['POST', `${repo}/issues/:index/comments`, 'write', comments.create],

  ['GET', `${repo}/hooks`, 'admin', hooks.list],
  ['POST', `${repo}/hooks`, 'admin', hooks.create],
  ['GET', `${repo}/hooks/:id`, 'admin', hooks.get],
  ['PATCH', `${repo}/hooks/:id`, 'admin', hooks.edit],
  ['DELETE', `${repo}/hooks/:id`, 'admin', hooks.remove],
  ['POST', `${repo}/hooks/:id/tests`, 'admin', hooks.test],
  ['GET', `${repo}/hooks/:id/deliveries`, 'admin', hooks.listDeliveries],
];
