"""The reference loss models by peers, for bench/losses.ts: losses.py ENGINE TRIALS SEED, with the models as JSON on stdin.

Prints a JSON line with the seconds of the model alone (imports left out) and the mean. Ends with code 3 where the engine is not installed.
"""
import json
import math
import sys
import time

engine, trials, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
given = json.load(sys.stdin)
try:
    if engine.startswith('numpy'):
        import numpy
    elif engine == 'pyfair':
        import pyfair
    elif engine == 'riskquant':
        import numpy
        from riskquant import multiloss, simpleloss
except ImportError:
    sys.exit(3)


def pert(random, leaf):
    low, mode, high = leaf['low'], leaf['likely'], leaf['high']
    return low + (high - low) * random.beta(1 + 4 * (mode - low) / (high - low), 1 + 4 * (high - mode) / (high - low), trials)


start = time.perf_counter()
if engine == 'numpy-a':
    random = numpy.random.default_rng(seed)
    drawn = {name: pert(random, leaf) for name, leaf in given['a'].items()}
    vulnerability = (drawn['controlStrength'] < drawn['threatCapability']).mean()
    years = drawn['contactFrequency'] * drawn['probabilityOfAction'] * vulnerability * (drawn['primaryLoss'] + drawn['secondaryFrequency'] * drawn['secondaryLoss'])
elif engine == 'numpy-b':
    random = numpy.random.default_rng(seed)
    years = numpy.zeros(trials)
    for one in given['b']:
        low, high = one['sizes'][0]['low'], one['sizes'][0]['high']
        counts = random.poisson(one['frequency']['likely'], trials)
        sizes = random.lognormal(math.log(low * high) / 2, math.log(high / low) / 3.2897072539029444, int(counts.sum()))
        years += numpy.bincount(numpy.repeat(numpy.arange(trials), counts), weights=sizes, minlength=trials)
elif engine == 'pyfair':
    names = {
        'contactFrequency': 'Contact Frequency', 'probabilityOfAction': 'Probability of Action', 'threatCapability': 'Threat Capability',
        'controlStrength': 'Control Strength', 'primaryLoss': 'Primary Loss', 'secondaryFrequency': 'Secondary Loss Event Frequency',
        'secondaryLoss': 'Secondary Loss Event Magnitude',
    }
    model = pyfair.FairModel(name='reference', n_simulations=trials, random_seed=seed)
    model.bulk_import_data({names[name]: dict(low=leaf['low'], mode=leaf['likely'], high=leaf['high']) for name, leaf in given['a'].items()})
    model.calculate_all()
    years = model.export_results()['Risk']
else:
    numpy.random.seed(seed)
    losses = [simpleloss.SimpleLoss(one['id'], one['id'], one['frequency']['likely'], one['sizes'][0]['low'], one['sizes'][0]['high']) for one in given['b']]
    years = numpy.asarray(multiloss.MultiLoss(losses).simulate_years(trials))
print(json.dumps(dict(seconds=time.perf_counter() - start, mean=float(years.mean()))))
