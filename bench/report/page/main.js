// SPDX-License-Identifier: MIT
// main.js - puts the page together.

const SLICES = 24;
const PRINTED_WIDTH = 680; // what fits A4 and letter

function fill(id, ...nodes) {
    document.getElementById(id).replaceChildren(...nodes);
}

// The view in equal slices: what the charts show, in words.
function slicesTable(model, view) {
    const t = model.timeline, [from, to] = view.range, width = (to - from) / SLICES;
    const rows = Array.from({length: SLICES}, (unused, i) => {
        const a = from + i * width, b = a + width;
        const kernels = t.lanes.map((lane) => kernelIn(t, lane, a, b)).filter((k) => k.kernel);

        return [formatMoment(a, to - from),
                kernels.map((k) => t.kernels[k.kernel]).join(', ') || 'idle',
                ...['faults_device', 'faults_host'].map((key) => formatCount(sumIn(t, key, a, b))),
                ...['bytes_h2d', 'bytes_d2h'].map((key) => formatBytes(sumIn(t, key, a, b))),
                formatTime(sumIn(t, 'copy_ns', a, b)),
                ...(model.modelled ? [formatTime(sumIn(t, 'modelled_ns', a, b))] : []),
                formatCount(sumIn(t, 'evictions', a, b))];
    });

    return table(`${SLICES} slices of ${formatTime(width)}; bins at their edges count in both`, [
        {title: 'From', text: true}, {title: 'Kernel that ran longest', text: true},
        {title: 'Device faults'}, {title: 'Host faults'}, {title: 'To devices'}, {title: 'To host'},
        {title: 'Copying, measured'},
        ...(model.modelled ? [{title: 'Link', modelled: true}] : []), {title: 'Evictions'},
    ], rows);
}

function describeView(model, [from, to]) {
    const t = model.timeline, span = to - from;

    return `${formatMoment(from, span)} – ${formatMoment(to, span)}` +
        ` (${formatTime(span)} of ${formatTime(t.end_ns - t.start_ns)}): ` +
        formatCount(sumIn(t, 'faults_device', from, to) + sumIn(t, 'faults_host', from, to)) +
        ` faults, ${formatBytes(sumIn(t, 'bytes_h2d', from, to))} to devices, ` +
        `${formatBytes(sumIn(t, 'bytes_d2h', from, to))} to the host`;
}

function whenOpen(id, make) {
    const details = document.getElementById(id);
    const update = () => details.open && details.querySelector('div').replaceChildren(make());

    details.addEventListener('toggle', update);
    return update;
}

function showView(model, view, updateSlices) {
    const output = document.getElementById('view'), [from, to] = view.range;
    const whole = to - from >= view.length;

    output.textContent = describeView(model, view.range);
    output.dataset.from = from;
    output.dataset.to = to;
    for (const button of document.querySelectorAll('[data-act]'))
        button.disabled = button.dataset.act === 'in' ? to - from <= view.least : whole;
    updateSlices();
}

function header(model) {
    const run = model.run, m = model.metrics;
    const devices = run.processors.filter((p) => p.processor >= 0).map((p) => p.name);
    const date = run.unix_ns ? new Date(run.unix_ns / 1e6).toISOString().slice(0, 16) : null;

    document.title = 'hum report: ' + (run.program || model.trace.file);
    fill('program', run.program || model.trace.file);
    fill('about', [model.trace.file, date && date.replace('T', ' ') + ' UTC',
                   formatTime(m.duration_ns), devices.join(', ')].filter((s) => s).join(' · '));
    fill('notices', ...notices(model));
}

function tables(model, view) {
    fill('headline', ...headline(model));
    fill('causes', causesTable(model));
    fill('measures', measures(model));
    fill('regions-table', regionsTable(model));
    fill('kernels-table', kernelsTable(model));
    fill('phases-table', phasesTable(model, view));
    fill('pages-table', worstTable(model));
    fill('repeat', ...repeatBlock(model));
    fill('settings-table', settingsTable(model));
    fill('trace-table', traceTable(model));
}

// Colours come from the style sheet, so charts are made again when it changes.
function followColours(view, heat) {
    const again = () => {
        forgetColours();
        view.charts.filter((chart) => chart !== heat.chart).forEach((chart) => chart.build());
        heat.repaint();
    };
    const printing = (on) => {
        document.documentElement.classList.toggle('printing', on);
        view.measure(on ? PRINTED_WIDTH : 0);
        again();
    };

    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', again);
    addEventListener('beforeprint', () => printing(true));
    addEventListener('afterprint', () => printing(false));
}

function main() {
    const model = readModel(), view = new View(model);

    header(model);
    tables(model, view);
    makeCharts(model, view, document.getElementById('charts'));
    const heat = new HeatMap(model, view, document.getElementById('heat'));
    const updateSlices = whenOpen('slices', () => slicesTable(model, view));

    whenOpen('rows', () => heatTable(model));
    view.listeners.push(() => showView(model, view, updateSlices));
    document.querySelector('.tools').addEventListener('click', (event) => {
        if (event.target.dataset.act)
            view.act(event.target.dataset.act);
    });
    addEventListener('resize', () => {
        view.measure();
        view.charts.forEach((chart) => chart.resize());
    });
    followColours(view, heat);
    view.tell();
    document.documentElement.dataset.ready = 'yes';
}

main();
