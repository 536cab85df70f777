import { ApiError } from '../errors.ts';
import { asArray, asObject, type JsonObject } from '../storage/json.ts';
import type { Authenticator, User } from './authentication.ts';
import type { Attributes, Authorizer } from './authorization.ts';
import { decodeBody, readRaw } from './body.ts';
import type { Answer, Call } from './call.ts';
import type { ResourcePath } from './paths.ts';

/** Answers questions about who somebody is and what they may do (`authentication.k8s.io`, `authorization.k8s.io`). */
export async function answerReview(
  call: Call,
  path: ResourcePath,
  authenticator: Authenticator,
  authorizer: Authorizer,
): Promise<Answer> {
  const { value } = decodeBody(await readRaw(call), call.contentType);
  const spec = asObject(value.spec);
  return { status: 201, body: { ...value, metadata: asObject(value.metadata), status: status() } };

  function status(): object {
    switch (path.resource) {
      case 'selfsubjectreviews':
        return { userInfo: userInfo(call.user) };
      case 'tokenreviews': {
        const user = authenticator.review(String(spec.token));
        return user === undefined ? { authenticated: false } : { authenticated: true, user: userInfo(user) };
      }
      case 'selfsubjectaccessreviews':
        return access(call.user, spec, authorizer);
      case 'subjectaccessreviews':
      case 'localsubjectaccessreviews':
        return access(
          { name: String(spec.user), groups: asArray(spec.groups).map(String) },
          spec,
          authorizer,
        );
      case 'selfsubjectrulesreviews':
        return rules(call.user, spec, authorizer);
      default:
        throw new ApiError('NotFound', 'the server could not find the requested resource');
    }
  }
}

function userInfo({ name, uid, groups, extra }: User): object {
  return {
    username: name,
    ...(uid === undefined ? {} : { uid }),
    groups,
    ...(extra === undefined ? {} : { extra }),
  };
}

function access(user: User, spec: JsonObject, authorizer: Authorizer): object {
  const allowed = authorizer.allows(user, attributesOf(spec));
  return { allowed, ...(allowed ? {} : { reason: 'no role that is bound to the user allows it' }) };
}

function attributesOf(spec: JsonObject): Attributes {
  const text = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined);
  if (spec.resourceAttributes === undefined) {
    const { path, verb } = asObject(spec.nonResourceAttributes);
    return { verb: text(verb) ?? '', path: text(path) ?? '' };
  }
  const { group, resource, subresource, namespace, name, verb } = asObject(spec.resourceAttributes);
  return {
    verb: text(verb) ?? '',
    group: text(group) ?? '',
    resource: text(resource) ?? '',
    subresource: text(subresource),
    namespace: text(namespace),
    name: text(name),
  };
}

function rules(user: User, spec: JsonObject, authorizer: Authorizer): object {
  const namespace = typeof spec.namespace === 'string' ? spec.namespace : 'default';
  const all = user.groups.includes('system:masters')
    ? [
        { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
        { verbs: ['*'], nonResourceURLs: ['*'] },
      ]
    : authorizer.rulesFor(user, namespace);
  return {
    resourceRules: all.filter((rule) => 'resources' in rule),
    nonResourceRules: all.filter((rule) => 'nonResourceURLs' in rule),
    incomplete: false,
  };
}
