import type { Config } from '../../config/schema.ts';
import { argocd } from './argocd.ts';
import type { Component } from './component.ts';
import { flux } from './flux.ts';
import { gitea } from './gitea.ts';
import { jenkins } from './jenkins.ts';
import { registry } from './registry.ts';
import { scmManager } from './scm-manager.ts';

const gitServers = { gitea, 'scm-manager': scmManager } as const;
const operators = { argocd, flux } as const;

/**
 * The components of a playground, chosen by its configuration. Add-ons are none of them: they are content of the operator's
 * repository, which the operator installs.
 */
export function componentsOf({ gitServer, operator }: Config): readonly Component[] {
  return [gitServers[gitServer], registry, jenkins, operators[operator]];
}
