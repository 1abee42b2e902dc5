interface Props {
  readonly label: string;
  /** Oldest first. */
  readonly values: readonly number[];
}

const WIDTH = 300;
const HEIGHT = 48;

/** A small curve of the last minutes; its highest value touches the top. */
export function Sparkline({ label, values }: Props) {
  const most = values.reduce((high, value) => Math.max(high, value), 1);
  const step = WIDTH / Math.max(1, values.length - 1);
  const points = values.map((value, index) => {
    const y = HEIGHT - 2 - (value / most) * (HEIGHT - 4);
    return `${(index * step).toFixed(1)},${y.toFixed(1)}`;
  });
  const last = ((values.length - 1) * step).toFixed(1);
  return (
    <svg
      class="sparkline"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={label}
    >
      <polygon points={`0,${HEIGHT} ${points.join(' ')} ${last},${HEIGHT}`} />
      <polyline points={points.join(' ')} vector-effect="non-scaling-stroke" />
    </svg>
  );
}
