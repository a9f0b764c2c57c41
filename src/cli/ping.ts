import { NodeClient, type NodeOptions } from './node-client.ts';
import { memberOf, momentText, numberOf, print, printJson, textOf } from './words.ts';

/** What to do when a ping brought no receipt, by the code of the reason. */
function adviceOf(code: string, country: string): string {
  switch (code) {
    case 'EBMS:0005':
      return `The connection failed. Ping another partner: if that fails too, look at this node's own way out (firewall, DNS); otherwise call the operator of ${country}.`;
    case 'NO-ANSWER':
      return `The connection stands but no answer came. ${country} is overloaded, or something between cuts answers off; call its operator.`;
    case 'PARTNER-UNKNOWN':
      return `Look at the directory: is ${country} a member with an encryption certificate in force?`;
    case 'TRY-FAILED-HERE':
      return 'This node itself failed. Look in its log for the message id and report the defect.';
    case 'EBMS:0101':
      return `${country} does not trust our certificates: does it hold the newest directory? Tell its operator.`;
    case 'EBMS:0102':
      return `${country} cannot decrypt for the certificate that the directory has of it; tell its operator.`;
    default:
      return code.startsWith('HTTP-')
        ? `${country} answers but takes nothing; call its operator and tell the status.`
        : `Tell the operator of ${country} the reason and the message id.`;
  }
}

/**
 * `selat ping VN`: sends a test message to a partner and says step by step what happened. Exit status 1 when no receipt
 * came.
 */
export async function ping(country: string, options: NodeOptions): Promise<void> {
  await using node = await NodeClient.open(options);
  const result = await node.post(`/api/partners/${encodeURIComponent(country)}/ping`, {});
  const receipt = memberOf(result, 'receipt') ?? null;
  if (receipt === null) process.exitCode = 1;
  if (options.json === true) {
    printJson(result);
    return;
  }
  print(
    `Ping ${country} at ${textOf(result, 'endpoint')}`,
    `  sent        ${momentText(result, 'sentAt')}  ${textOf(result, 'messageId')}`,
  );
  if (receipt !== null) {
    print(
      '  connected   TLS in both directions stands',
      `  receipt     ${momentText(receipt, 'at')}  ${textOf(receipt, 'id')}`,
      '  checked     signed by the partner, digests of every part as sent',
      `  round trip  ${numberOf(receipt, 'milliseconds')} ms`,
    );
    return;
  }
  const error = memberOf(result, 'error');
  const code = textOf(error, 'code');
  print(
    code === 'EBMS:0005' ? '  connected   no' : '  receipt     none',
    `  reason      ${textOf(error, 'reason')} (${code})`,
    `  do now      ${adviceOf(code, country)}`,
  );
}
