import { textAt } from '../library/arguments.ts';
import { jsonText, prettyJson } from '../library/json.ts';
import { NativeClass } from '../values.ts';

import { JsonSlurperValue } from './values.ts';

const RESULTS = ['SUCCESS', 'UNSTABLE', 'FAILURE', 'NOT_BUILT', 'ABORTED'];

/** What Groovy and Jenkins add. */
export const GROOVY: readonly NativeClass[] = [
  new NativeClass('groovy.lang.Closure', {
    constants: { OWNER_FIRST: 0, DELEGATE_FIRST: 1, OWNER_ONLY: 2, DELEGATE_ONLY: 3, TO_SELF: 4 },
  }),
  new NativeClass('groovy.lang.Script'),
  new NativeClass('groovy.lang.GString'),
  new NativeClass('groovy.lang.Range'),
  new NativeClass('groovy.lang.IntRange'),
  new NativeClass('groovy.json.JsonSlurper', {
    construct: () => new JsonSlurperValue('groovy.json.JsonSlurper'),
  }),
  new NativeClass('groovy.json.JsonSlurperClassic', {
    construct: () => new JsonSlurperValue('groovy.json.JsonSlurperClassic'),
  }),
  new NativeClass('groovy.json.JsonOutput', {
    statics: {
      toJson: (args) => jsonText(args[0] ?? null),
      prettyPrint: (args) => prettyJson(textAt(args, 0)),
    },
  }),
  new NativeClass('groovy.transform.Field'),
  new NativeClass('com.cloudbees.groovy.cps.NonCPS'),
  new NativeClass('hudson.model.Result', {
    constants: Object.fromEntries(RESULTS.map((name) => [name, name])),
    statics: { fromString: (args) => textAt(args, 0) },
  }),
];
