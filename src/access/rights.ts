/**
 * Roles and rights: the one table from which every route, the OpenAPI document and the tests take who may do what.
 * A right says which kind of act a role may do at all; WHOSE documents it may be done to is decided in the queries of
 * the journeys from the Actor (firm, mandates, office).
 */
export const ROLES = [
  'trader',
  'broker',
  'issuing-officer',
  'clearance-officer',
  'supervisor',
  'analyst',
  'operator',
] as const;

export type Role = (typeof ROLES)[number];

export const RIGHTS = {
  'application.check': ['trader', 'broker', 'issuing-officer', 'supervisor'],
  'application.create': ['trader', 'broker'],
  'application.read': ['trader', 'broker', 'issuing-officer', 'supervisor'],
  'application.amend': ['trader', 'broker'],
  'application.submit': ['trader', 'broker'],
  'application.withdraw': ['trader', 'broker'],
  'application.decide': ['issuing-officer'],
  'certificate.read': ['trader', 'broker', 'issuing-officer', 'clearance-officer', 'supervisor'],
  'certificate.verification.read': ['trader', 'broker', 'issuing-officer', 'clearance-officer', 'supervisor'],
  'declaration.check': ['trader', 'broker', 'clearance-officer', 'supervisor'],
  'declaration.lodge': ['trader', 'broker'],
  'declaration.read': ['trader', 'broker', 'clearance-officer', 'supervisor'],
  'declaration.amend': ['trader', 'broker'],
  'declaration.withdraw': ['trader', 'broker'],
  'arrival.report': ['trader', 'broker', 'clearance-officer'],
  'query.answer': ['trader', 'broker'],
  'worklist.read': ['clearance-officer', 'supervisor'],
  'verdict.read': ['clearance-officer', 'supervisor'],
  'declaration.control': ['clearance-officer'],
  'declaration.decide': ['clearance-officer'],
  'declaration.hand-over': ['clearance-officer', 'supervisor'],
  'payment.record': ['clearance-officer'],
  'milestone.report': ['clearance-officer', 'supervisor'],
  'milestone.correct': ['supervisor'],
  'selectivity.read': ['clearance-officer', 'supervisor'],
  'selectivity.propose': ['clearance-officer', 'supervisor'],
  'selectivity.approve': ['supervisor'],
  'authorised-trader.manage': ['supervisor'],
  'ledger.read': ['trader', 'broker', 'issuing-officer', 'clearance-officer', 'supervisor'],
  'ledger.manage': ['issuing-officer', 'clearance-officer'],
  'tariff.read': ['trader', 'broker', 'issuing-officer', 'clearance-officer', 'supervisor', 'analyst'],
  'exchange-rate.manage': ['supervisor'],
  'response.read': ['trader', 'broker'],
  'webhook.manage': ['trader', 'broker'],
  'forwarded-declaration.read': ['trader', 'broker', 'clearance-officer', 'supervisor'],
  'origin-query.read': ['issuing-officer', 'clearance-officer', 'supervisor'],
  'origin-query.ask': ['clearance-officer'],
  'origin-query.answer': ['issuing-officer'],
  'timeline.read': ['trader', 'broker', 'issuing-officer', 'clearance-officer', 'supervisor'],
  'timing.read': ['analyst', 'supervisor'],
  'firm.read': ['supervisor', 'operator'],
  'firm.manage': ['supervisor', 'operator'],
  'person.read': ['supervisor', 'operator'],
  'person.manage': ['supervisor', 'operator'],
  'mandate.read': ['trader', 'broker', 'supervisor', 'operator'],
  'mandate.manage': ['trader', 'supervisor', 'operator'],
  'token.own': ['trader', 'broker', 'issuing-officer', 'clearance-officer', 'supervisor', 'analyst', 'operator'],
  'queue.read': ['supervisor', 'operator'],
  'partner.manage': ['operator'],
  'message.read': ['supervisor', 'operator'],
  'message.manage': ['operator'],
  'alarm.read': ['supervisor', 'operator'],
  'alarm.acknowledge': ['operator'],
  'metrics.read': ['supervisor', 'operator'],
} as const satisfies Record<string, readonly Role[]>;

export type Right = keyof typeof RIGHTS;

/**
 * Which roles a role may give to, or take from, somebody else. Nobody may change their own (threats.md P2), and a
 * supervisor can neither make nor unmake a supervisor or an operator.
 */
export const ROLES_ASSIGNED_BY: { readonly [role in Role]: readonly Role[] } = {
  trader: [],
  broker: [],
  'issuing-officer': [],
  'clearance-officer': [],
  supervisor: ['trader', 'broker', 'issuing-officer', 'clearance-officer', 'analyst'],
  analyst: [],
  operator: ROLES,
};

/** Roles of people who belong to a firm; all others belong to an office. */
export const FIRM_ROLES: readonly Role[] = ['trader', 'broker'];

export function isRole(value: string): value is Role {
  return ROLES.some((role) => role === value);
}

export function isRight(value: string): value is Right {
  return Object.hasOwn(RIGHTS, value);
}

/** Whether the table gives the right to the role. */
export function roleHas(role: Role, right: Right): boolean {
  const roles: readonly Role[] = RIGHTS[right];
  return roles.includes(role);
}

/** Whether this actor has the right: their role has it, and the token they came with is not narrower. */
export function mayDo(
  actor: { readonly role: Role; readonly onlyRights: readonly Right[] | null },
  right: Right,
): boolean {
  return roleHas(actor.role, right) && (actor.onlyRights === null || actor.onlyRights.includes(right));
}

/** The rights of a role, in the order of the table. */
export function rightsOf(role: Role): Right[] {
  return Object.keys(RIGHTS).filter((name): name is Right => isRight(name) && roleHas(role, name));
}
