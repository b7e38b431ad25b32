"""What methods of collections do, by their names."""

from __future__ import annotations

KINDS = {
    "grow": "insert entry extend try_insert insert_full append insert_entry entry_ref"
    " raw_entry_mut insert_unique_unchecked replace",
    "shrink": "remove remove_entry retain pop_first pop_last split_off take extract_if drain"
    " shift_remove swap_remove shift_remove_entry swap_remove_entry pop truncate remove_full"
    " drain_filter first_entry last_entry retain_mut shift_remove_index swap_remove_index"
    " remove_if evict",
    "clear": "clear",
    "lookup": "get contains_key contains get_key_value get_full get_mut get_many_mut",
    "length": "len is_empty",
    "read": "capacity reserve shrink_to_fit shrink_to hasher try_reserve heap_size_bytes"
    " total_size_bytes",
    "enumerate": "iter iter_mut keys values values_mut into_iter into_keys into_values range"
    " range_mut first_key_value last_key_value is_subset is_superset is_disjoint difference union"
    " intersection symmetric_difference first last get_index get_index_of par_iter to_owned"
    " alter alter_all sort_keys sort_by for_each copied",
}
KIND_OF = {method: kind for kind, methods in KINDS.items() for method in methods.split()}
