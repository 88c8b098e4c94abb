/** `CAMPAIGN=1` makes the attacks as long as their reports say; without it they are as long as proves the point. */
export function scaled(usual: number, campaign: number): number {
  return process.env.CAMPAIGN ? campaign : usual;
}
