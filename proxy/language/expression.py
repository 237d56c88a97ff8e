"""What other rooms use of the expressions, in one place."""

from proxy.language.compiled import Expression, compile_expression, functions, paths
from proxy.language.context import Context, SetChange
from proxy.language.faults import EvaluationError, ExpressionMistake
from proxy.language.limits import compile_limited, run_limited
from proxy.language.record import Const, Field, Fields, Record, compile_record

__all__ = [
    "Const",
    "Context",
    "EvaluationError",
    "Expression",
    "ExpressionMistake",
    "Field",
    "Fields",
    "Record",
    "SetChange",
    "compile_expression",
    "compile_limited",
    "compile_record",
    "functions",
    "paths",
    "run_limited",
]
