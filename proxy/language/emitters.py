"""Which code each node of the library's tree becomes."""

from proxy.language import access, calls, operators, projections
from proxy.language.code import Emitter

EMITTERS: dict[str, Emitter] = {
    "field": access.field,
    "index": access.index,
    "slice": access.slice_of,
    "subexpression": access.chain,
    "index_expression": access.chain,
    "pipe": access.chain,
    "current": access.same,
    "identity": access.same,
    "literal": access.literal,
    "multi_select_dict": access.select_dict,
    "multi_select_list": access.select_list,
    "key_val_pair": access.key_value,
    "and_expression": operators.both,
    "or_expression": operators.either,
    "not_expression": operators.negation,
    "comparator": operators.comparator,
    "flatten": projections.flatten,
    "projection": projections.projection,
    "value_projection": projections.value_projection,
    "filter_projection": projections.filter_projection,
    "expref": calls.reference,
    "function_expression": calls.call,
}
