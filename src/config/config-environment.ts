import { wrongUsage } from '../foundation/failure.ts';
import { nearestName } from '../foundation/nearest-name.ts';
import { valueOfText, type GivenValue } from './setting-values.ts';
import { settings } from './settings.ts';

/** The variable that names the configuration file. */
export const configFileVariable = 'ROOTCELLAR_CONFIG';

/** The variable that names the agent which is to run the commands. */
const agentVariable = 'ROOTCELLAR_AGENT';

/** Says that the process was started by an agent (cli/supervision.ts). It is no setting: only an agent sets it. */
export const supervisedVariable = 'ROOTCELLAR_SUPERVISED';

/** Who asked an agent for the command that this process runs. It is no setting: only an agent sets it. */
export const askedByVariable = 'ROOTCELLAR_ASKED_BY';

/** The agent that is to run the commands; never for a command that an agent runs already. */
export function agentVariableIn(environment: Readonly<Record<string, string | undefined>>): string | undefined {
  return environment[supervisedVariable] === undefined ? environment[agentVariable] || undefined : undefined;
}

/** Kubernetes gives every container such variables for each Service, so a Service called `rootcellar` must not stop the program. */
const serviceVariable = /_SERVICE_(HOST|PORT(_[A-Z0-9_]+)?)$|_PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?$/;

/**
 * Reads the `ROOTCELLAR_…` variables. An empty one counts as not set; `ROOTCELLAR_TEST_…` belong to the tests.
 *
 * @throws Failure E_USAGE for a variable that is no setting
 */
export function readEnvironment(environment: Readonly<Record<string, string | undefined>>): readonly GivenValue[] {
  const byVariable = new Map(settings.map((setting) => [setting.variable, setting]));
  const given: GivenValue[] = [];
  for (const [name, text] of Object.entries(environment)) {
    if (!name.startsWith('ROOTCELLAR_') || text === undefined || text === '' || isForOthers(name, text)) continue;
    const setting = byVariable.get(name);
    if (setting === undefined) throw unknownVariable(name, byVariable.keys());
    given.push({ setting, value: valueOfText(setting, text), source: { kind: 'variable', name } });
  }
  return given;
}

function isForOthers(name: string, text: string): boolean {
  if ([configFileVariable, agentVariable, supervisedVariable, askedByVariable].includes(name) || name.startsWith('ROOTCELLAR_TEST_'))
    return true;
  return serviceVariable.test(name) || (name.endsWith('_PORT') && /^(tcp|udp|sctp):\/\//.test(text));
}

function unknownVariable(name: string, known: Iterable<string>): Error {
  const meant = nearestName(name, [...known, configFileVariable, agentVariable]);
  return wrongUsage(
    `Cannot use the environment variable ${name}: there is no such setting`,
    meant === undefined ? 'run "rootcellar --help" to see all settings' : `did you mean ${meant}?`,
  );
}
