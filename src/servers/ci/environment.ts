import type { BuildRecord, Head } from './model.ts';
import { shortName } from './names.ts';

export interface BuildUrls {
  /** With a slash at its end. */
  readonly root: string;
  readonly job: string;
  readonly build: string;
}

/** The variables that Jenkins gives to every build, with those of branch-api for branches and pull requests. */
export function buildEnvironment(
  build: Pick<BuildRecord, 'pipeline' | 'number'>,
  head: Head | undefined,
  urls: BuildUrls,
): Record<string, string> {
  const pull = head?.pullRequest;
  return {
    CI: 'true',
    BUILD_NUMBER: String(build.number),
    BUILD_ID: String(build.number),
    BUILD_DISPLAY_NAME: `#${build.number}`,
    BUILD_TAG: `jenkins-${build.pipeline.replaceAll('/', '-')}-${build.number}`,
    BUILD_URL: urls.build,
    JOB_NAME: build.pipeline,
    JOB_BASE_NAME: build.pipeline.split('/').at(-1) ?? build.pipeline,
    JOB_URL: urls.job,
    JENKINS_URL: urls.root,
    HUDSON_URL: urls.root,
    RUN_DISPLAY_URL: urls.build,
    ...(head === undefined ? {} : { BRANCH_NAME: head.name }),
    ...(head !== undefined && pull === undefined && isPrimary(head) ? { BRANCH_IS_PRIMARY: 'true' } : {}),
    ...(pull === undefined
      ? {}
      : {
          CHANGE_ID: String(pull.number),
          CHANGE_URL: pull.url,
          CHANGE_TITLE: pull.title,
          CHANGE_AUTHOR: pull.author,
          CHANGE_BRANCH: pull.source,
          CHANGE_TARGET: pull.target,
        }),
  };
}

export function fullDisplayName(build: Pick<BuildRecord, 'pipeline' | 'number' | 'displayName'>): string {
  const names = build.pipeline.split('/').map((name) => shortName(name));
  return `${names.join(' » ')} ${build.displayName ?? `#${build.number}`}`;
}

function isPrimary(head: Head): boolean {
  return head.name === 'main' || head.name === 'master';
}
